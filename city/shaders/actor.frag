#version 330
#define SHADOW_REACH 0
#include "light.glsl"

uniform sampler2D atlas;
uniform sampler2D material;        // roughness, clear coat, head lamp, rear lamp
uniform float head_lamp;
uniform float rear_lamp;
centroid in vec3 towards_eye;
centroid in vec3 world_normal;
centroid in vec3 shadow_position;
centroid in vec2 texture_uv;
centroid in vec4 diffuse;
centroid in vec4 flakes;
out vec4 colour;

const vec3 HEAD_RGB = vec3(1.0, 0.95, 0.82);
const vec3 REAR_RGB = vec3(1.0, 0.035, 0.02);
const float REFLECTANCE = 0.05;    // of clear coat, glass and plastic, head on

void main() {
    vec4 paint = texture(atlas, texture_uv, -0.5);
    if (paint.a < 0.5) discard;
    vec4 m = texture(material, texture_uv);
    float roughness = m.r, coat = m.g;
    vec3 albedo = linear_from_srgb(paint.rgb);
    vec3 v = normalize(towards_eye);
    vec3 n = normalize(world_normal);
    if (dot(n, v) < 0.0) n = -n;
    float n_dot_v = max(dot(n, v), 0.02), n_dot_l = max(dot(n, sun_direction), 0.0);
    vec3 sun = n_dot_l > 0.0 ? sun_rgb * (n_dot_l * sunlit(shadow_position)) : vec3(0.0);

    float mirrored = REFLECTANCE + (1.0 - REFLECTANCE) * fresnel(n_dot_v);
    float first = mirrored * max(1.0 - roughness, coat);
    float shine = mix(roughness, 0.06, coat);
    vec3 r = reflect(-v, n);
    vec3 sum = albedo * ((diffuse.rgb + sun) * (1.0 - 0.35 * coat) * (1.0 - first)
                         + flakes.rgb * (0.45 * coat));
    // What is mirrored from low down is the dark road next to the vehicle.
    sum += reflected(r, shine) * (first * mix(diffuse.a, 1.0, clamp(r.z * 4.0, 0.0, 1.0)));
    sum += sun * (highlight(n, v, max(shine, 0.12), n_dot_v, n_dot_l) * mix(0.04, 0.06, coat));
    float facing = 0.25 + 0.75 * n_dot_v * n_dot_v;
    sum += smoothstep(0.2, 0.6, m.b) * head_lamp * facing * HEAD_RGB;
    sum += smoothstep(0.2, 0.6, m.a) * rear_lamp * facing * REAR_RGB;
    colour = vec4(mix(fog_rgb, min(sum, vec3(30.0)), flakes.a), 1);
}
