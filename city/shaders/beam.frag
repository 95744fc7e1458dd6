#version 330
// Two low beams on the road: cut off near the bumper, widening and fading ahead.
uniform float strength;
centroid in vec2 texture_uv;
out vec4 colour;

float beam(vec2 p, float side) {
    float width = 0.10 + 0.30 * p.x;
    float across = abs(p.y - 0.5 - side * 0.09) / width;
    return smoothstep(0.0, 0.10, p.x) * pow(max(1.0 - p.x, 0.0), 1.8) * exp(-across * across * 3.0);
}

void main() {
    float both = beam(texture_uv, -1.0) + beam(texture_uv, 1.0);
    colour = vec4(vec3(1.0, 0.93, 0.78) * (both * strength), 0);
}
