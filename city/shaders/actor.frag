#version 330
#define SHADOW_REACH 1
#include "light.glsl"

uniform sampler2D atlas;
uniform sampler2D material;        // roughness, clear coat, head lamp, rear lamp
uniform float head_lamp;
uniform float rear_lamp;
in vec3 world_position;
in vec3 world_normal;
in vec3 shadow_position;
in vec2 texture_uv;
out vec4 colour;

const vec3 HEAD_RGB = vec3(1.0, 0.95, 0.82);
const vec3 REAR_RGB = vec3(1.0, 0.035, 0.02);
const float REFLECTANCE = 0.04;    // of clear coat, glass and plastic, head on

void main() {
    vec4 paint = texture(atlas, texture_uv, -0.5);
    if (paint.a < 0.5) discard;
    vec4 m = texture(material, texture_uv);
    float roughness = m.r, coat = m.g;
    vec3 albedo = linear_from_srgb(paint.rgb);
    vec3 v = normalize(eye - world_position);
    vec3 n = normalize(world_normal);
    if (dot(n, v) < 0.0) n = -n;
    float n_dot_v = max(dot(n, v), 0.02), n_dot_l = max(dot(n, sun_direction), 0.0);
    float light = n_dot_l > 0.0 ? sunlit(shadow_position) : 0.0;

    // Near the road less sky is seen, and what is seen below is the vehicle's own shade.
    float open = clamp(0.45 + world_position.z * 0.8, 0.45, 1.0);
    open *= mix(1.0, clamp(0.35 + world_position.z * 1.1, 0.0, 1.0), max(-n.z, 0.0));
    vec3 lamp = lamp_count > 0 ? lamplight(world_position, n) : vec3(0.0);
    vec3 diffuse = ambient(n) * open + sun_rgb * (n_dot_l * light) + lamp;

    float rim = fresnel(n_dot_v);
    vec3 r = reflect(-v, n);
    float gloss = 1.0 - roughness;
    float mirrored = (REFLECTANCE + (1.0 - REFLECTANCE) * rim) * gloss;
    float first = max(mirrored, coat * (REFLECTANCE + (1.0 - REFLECTANCE) * rim));
    float shine = mix(roughness, 0.06, coat);
    // Flakes under a clear coat reflect the paint's colour over a broad lobe.
    vec3 flakes = albedo * coat * 0.35 * reflected(r, 0.62);
    vec3 sum = albedo * diffuse * (1.0 - 0.3 * coat) * (1.0 - first) + flakes * open;
    // What is mirrored from low down is the dark road next to the vehicle.
    sum += reflected(r, shine) * first * mix(open, 1.0, clamp(r.z * 4.0, 0.0, 1.0));
    if (n_dot_l > 0.0)
        sum += sun_rgb * (light * n_dot_l * highlight(n, v, max(shine, 0.12), n_dot_v, n_dot_l)
                          * mix(0.04, 0.06, coat));
    sum += lamp * first * 0.6;
    float facing = 0.25 + 0.75 * n_dot_v * n_dot_v;
    sum += smoothstep(0.2, 0.6, m.b) * head_lamp * facing * HEAD_RGB;
    sum += smoothstep(0.2, 0.6, m.a) * rear_lamp * facing * REAR_RGB;
    colour = vec4(mix(fog_rgb, min(sum, vec3(30.0)), transmittance(world_position)), 1);
}
