#version 330
uniform vec2 core;                 // share of length and width that is as dark as it gets
uniform float hidden;              // share of the ambient light that is taken there
centroid in vec2 texture_uv;
out vec4 colour;

void main() {
    vec2 outside = max(abs(texture_uv - 0.5) * 2.0 - core, 0.0) / (1.0 - core);
    colour = vec4(0, 0, 0, hidden * smoothstep(0.0, 1.0, max(0.0, 1.0 - length(outside))));
}
