#version 330
uniform sampler2D atlas;
uniform vec4 value;
uniform float level_bias;
centroid in vec2 texture_uv;
out vec4 colour;

void main() {
    if (texture(atlas, texture_uv, level_bias).a < 0.5) discard;
    colour = value;
}
