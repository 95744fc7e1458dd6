#version 330
// Light that changes little over a surface is computed here: vehicles have fewer corners than
// pixels times triangles, and a software renderer pays for each of the latter.
#define SHADOW_REACH 0
#include "light.glsl"

uniform mat4 clip_from_body;
uniform mat4 world_from_body;
uniform mat4 shadow_from_body;
uniform float spin_shift;
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
    flakes = vec4(reflected(reflect(-v, n), 0.62) * open, transmittance(p));
    towards_eye = eye - p;
    shadow_position = (shadow_from_body * vec4(position, 1)).xyz;
    texture_uv = uv + vec2(spin * spin_shift, 0.0);
    gl_Position = clip_from_body * vec4(position, 1);
}
