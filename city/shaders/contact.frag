#version 330
centroid in vec2 texture_uv;
out vec4 colour;

void main() {
    // Dark up to the sills, then fading within an eighth of the width.
    vec2 outside = max(abs(texture_uv - 0.5) * 2.0 - vec2(0.85, 0.70), 0.0) / vec2(0.15, 0.30);
    colour = vec4(0, 0, 0, 0.88 * smoothstep(0.0, 1.0, max(0.0, 1.0 - length(outside))));
}
