#version 330
#define SHADOW_REACH 2
#include "light.glsl"

#define GROUND 0
#define MATTE 1
#define METAL 2
#define FACADE 3
#define FOLIAGE 4
#define CUTOUT 5
#define LAMP 6

uniform sampler2D atlas;
uniform sampler2D mirrored;        // the scenery as a still road would mirror it
uniform vec2 picture_size;
uniform int kind;
uniform float wetness;
uniform float street_lamps;
uniform float lit_windows;
centroid in vec3 world_position;
centroid in vec3 world_normal;
centroid in vec3 shadow_position;
centroid in vec2 texture_uv;
layout(location = 0) out vec4 colour;   // rgb, and how much of it a mirroring road adds
layout(location = 1) out vec4 surface;  // albedo as seen, and the sun's share of the light

const vec3 WINDOW_RGB = vec3(1.0, 0.74, 0.42);

float ground_grain(vec2 p) {
    float grain = 0.86 + 0.14 * value_noise(p * 9.0) + 0.16 * value_noise(p * 0.7);
    return grain - 0.12 * value_noise(p * 2.3) + 0.1 * (hash(floor(p * 45.0)) - 0.5);
}

void main() {
    bool cut = kind == FOLIAGE || kind == CUTOUT;
    vec4 paint = texture(atlas, texture_uv, kind == GROUND ? -1.0 : -0.4);
    if (cut && paint.a < 0.5) discard;
    vec3 albedo = linear_from_srgb(paint.rgb);
    vec3 v = normalize(eye - world_position);
    vec3 n = normalize(world_normal);
    if (kind != FOLIAGE && dot(n, v) < 0.0) n = -n;
    bool glass = kind == FACADE && paint.a < 0.9;
    float roughness = glass ? 0.1 : kind == METAL ? 0.45 : 0.85;
    float puddle = 0.0;
    if (kind == GROUND) {
        albedo *= ground_grain(world_position.xy);
        float low = value_noise(world_position.xy * 0.35) + 0.5 * value_noise(world_position.xy * 1.3);
        puddle = wetness * (0.35 + 0.65 * smoothstep(0.75, 1.05, low));
        albedo *= 1.0 - 0.5 * wetness;
    }
    float n_dot_v = max(dot(n, v), 0.02), facing = dot(n, sun_direction);
    float n_dot_l = max(facing, 0.0);
    if (kind == FOLIAGE) n_dot_l = max(facing * 0.7 + 0.3, 0.15 * max(-facing, 0.0));
    float light = n_dot_l > 0.0 ? sunlit(shadow_position) : 0.0;
    float base_shade = kind == GROUND ? 1.0 : clamp(0.6 + world_position.z * 0.25, 0.6, 1.0);
    vec3 direct = albedo * sun_rgb * (n_dot_l * light);
    vec3 sum = direct + albedo * ambient(n) * base_shade;
    if (lamp_count > 0) sum += albedo * lamplight(world_position, n);

    float first = (0.04 + 0.96 * fresnel(n_dot_v)) * (1.0 - roughness * 0.9);
    if (kind == FOLIAGE) first = 0.0;
    float mirror = 0.0;
    if (puddle > 0.0) {
        float grazing = 1.0 - n_dot_v;
        mirror = puddle * (0.03 + 0.85 * grazing * grazing * grazing);
        vec2 ripple = vec2(value_noise(world_position.xy * 14.0), value_noise(world_position.yx * 14.0));
        vec2 at = gl_FragCoord.xy / picture_size + (ripple - 0.5) * vec2(0.006, 0.03);
        sum = sum * (1.0 - mirror) + textureLod(mirrored, at, 2.0 + 1.5 * (1.0 - puddle)).rgb * mirror;
    } else if (first > 0.004) {
        sum += reflected(reflect(-v, n), roughness) * first;
        if (light > 0.0 && (glass || kind == METAL))
            sum += sun_rgb * (light * n_dot_l * highlight(n, v, roughness, n_dot_v, n_dot_l) * 0.04);
    }
    if (glass && paint.a < 0.5) sum += WINDOW_RGB * ((0.5 - paint.a) * 2.0 * lit_windows);
    if (kind == LAMP) sum += albedo * (paint.a * street_lamps * 6.0);
    float clear = transmittance(world_position);
    colour = vec4(mix(fog_rgb, min(sum, vec3(30.0)), clear), mirror);
    float share = dot(direct, vec3(1.0)) * clear / max(dot(colour.rgb, vec3(1.0)), 1e-4);
    surface = vec4(albedo * clear, clamp(share, 0.0, 1.0));
}
