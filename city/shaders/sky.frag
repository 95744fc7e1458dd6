#version 330
#define SHADOW_REACH 0
#include "light.glsl"
in vec3 towards;
layout(location = 0) out vec4 colour;
layout(location = 1) out vec4 surface;

void main() {
    vec3 d = normalize(towards);
    // The pictures' own trees and hills would stand behind the city's horizon.
    d.z = abs(d.z) * 0.88 + 0.12;
    d = normalize(d);
    float haze = exp(-(d.z - 0.12) * 60.0 * sqrt(fog_per_m * 10.0 + 0.02));
    colour = vec4(mix(textureLod(environment, octahedral(d), 0.0).rgb, fog_rgb, haze), 0);
    surface = vec4(0);
}
