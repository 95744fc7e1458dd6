#version 330
in vec2 texture_uv;
out vec4 colour;

void main() {
    vec2 outside = max(abs(texture_uv - 0.5) * 2.0 - vec2(0.62, 0.45), 0.0) / vec2(0.38, 0.55);
    colour = vec4(0, 0, 0, 0.75 * smoothstep(0.0, 1.0, max(0.0, 1.0 - length(outside))));
}
