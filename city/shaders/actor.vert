#version 330
// Light that changes little over a surface is computed here: vehicles have fewer corners than
// pixels times triangles, and a software renderer pays for each of the latter.
#define SHADOW_REACH 0
#include "light.glsl"

uniform mat4 clip_from_body;
uniform mat4 world_from_body;
uniform mat4 shadow_from_body;
uniform float spin_shift;
uniform float beam_strength;
uniform int beam_count;
uniform vec3 beam_at[16];                   // between the two head lamps of a vehicle
uniform vec2 beam_to[16];                   // where it heads, level
in vec3 position;
in vec3 normal;
in vec2 uv;
in float spin;
centroid out vec3 towards_eye;
centroid out vec3 world_normal;
centroid out vec3 shadow_position;
centroid out vec2 texture_uv;
centroid out vec4 diffuse;                  // sky and lamps, and how open the surroundings are
centroid out vec4 flakes;                   // what a rough coat mirrors, and the haze's transmittance

// Low beams of other vehicles: cut off above the lamps' height, but for what strays.
vec3 beamlight(vec3 p, vec3 n) {
    float sum = 0.0;
    for (int i = 0; i < beam_count; i++) {
        vec3 d = p - beam_at[i];
        float along = dot(d.xy, beam_to[i]);
        if (along <= 0.1) continue;
        float across = (d.x * beam_to[i].y - d.y * beam_to[i].x) / (0.9 + 0.22 * along);
        float low = 0.12 + 0.88 * smoothstep(0.35, -0.15, d.z - 0.012 * along);
        float facing = max(dot(n, -normalize(d)), 0.0);
        sum += facing * low * exp(-across * across) * 70.0 / (25.0 + along * along);
    }
    return vec3(1.0, 0.93, 0.78) * (sum * beam_strength);
}

void main() {
    vec3 p = (world_from_body * vec4(position, 1)).xyz;
    vec3 v = normalize(eye - p);
    world_normal = mat3(world_from_body) * normal;
    vec3 n = normalize(world_normal);
    if (dot(n, v) < 0.0) n = -n;
    // Near the road less sky is seen, and what is seen below is the vehicle's own shade.
    float open = clamp(0.45 + p.z * 0.8, 0.45, 1.0);
    open *= mix(1.0, clamp(0.35 + p.z * 1.1, 0.0, 1.0), max(-n.z, 0.0));
    diffuse = vec4(ambient(n) * open + lamplight(p, n), open);
    if (beam_count > 0) diffuse.rgb += beamlight(p, n);
    flakes = vec4(reflected(reflect(-v, n), 0.62) * open, transmittance(p));
    towards_eye = eye - p;
    shadow_position = (shadow_from_body * vec4(position, 1)).xyz;
    texture_uv = uv + vec2(spin * spin_shift, 0.0);
    gl_Position = clip_from_body * vec4(position, 1);
}
