#version 330
uniform mat4 clip_from_body;
uniform mat4 world_from_body;
uniform mat4 shadow_from_body;
uniform float spin_shift;
in vec3 position;
in vec3 normal;
in vec2 uv;
in float spin;
centroid out vec3 world_position;
centroid out vec3 world_normal;
centroid out vec3 shadow_position;
centroid out vec2 texture_uv;

void main() {
    world_position = (world_from_body * vec4(position, 1)).xyz;
    world_normal = mat3(world_from_body) * normal;
    shadow_position = (shadow_from_body * vec4(position, 1)).xyz;
    texture_uv = uv + vec2(spin * spin_shift, 0.0);
    gl_Position = clip_from_body * vec4(position, 1);
}
