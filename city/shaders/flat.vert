#version 330
uniform mat4 clip_from_body;
uniform float nearer_m;            // draws as if it were this much closer to the camera
uniform float spin_shift;
in vec3 position;
in vec2 uv;
in float spin;
centroid out vec2 texture_uv;

void main() {
    texture_uv = uv + vec2(spin * spin_shift, 0.0);
    gl_Position = clip_from_body * vec4(position, 1);
    gl_Position.z -= nearer_m;
}
