#version 330
in vec2 corner;
uniform mat4 world_from_clip;
out vec3 towards;

void main() {
    vec4 far_end = world_from_clip * vec4(corner, 0.999, 1);
    vec4 near_end = world_from_clip * vec4(corner, -1, 1);
    towards = far_end.xyz / far_end.w - near_end.xyz / near_end.w;
    gl_Position = vec4(corner, 0.999999, 1);
}
