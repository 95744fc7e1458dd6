#version 330
uniform vec4 value;
out vec4 colour;

void main() {
    colour = value;
}
