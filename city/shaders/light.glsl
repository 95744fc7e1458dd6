// What every lit surface needs: sky, sun with its shadows, street lamps, haze.

uniform vec3 eye;
uniform vec3 sun_direction;
uniform vec3 sun_rgb;
uniform vec3 irradiance[9];        // spherical harmonics of the sky, divided by pi
uniform sampler2D environment;     // octahedral; each level blurred for a roughness
uniform sampler2DShadow shadow_map;
uniform float shadow_spread;       // distance of the shadow map's samples, in its coordinates
uniform float fog_per_m;
uniform vec3 fog_rgb;
uniform vec3 lamp_rgb;             // of a street lamp, times square metres
uniform int lamp_count;
uniform vec3 lamps[24];

const float ROUGHEST_LEVEL = 5.0;

vec3 linear_from_srgb(vec3 c) {
    // Cubic fit, within 0.002 of the standard's curve and free of pow().
    return c * (c * (c * 0.305306011 + 0.682171111) + 0.012522878);
}

float hash(vec2 p) {
    return fract(sin(dot(p, vec2(127.1, 311.7))) * 43758.5453);
}

float value_noise(vec2 p) {
    vec2 cell = floor(p), f = fract(p);
    f = f * f * (3.0 - 2.0 * f);
    float low = mix(hash(cell), hash(cell + vec2(1, 0)), f.x);
    float high = mix(hash(cell + vec2(0, 1)), hash(cell + vec2(1, 1)), f.x);
    return mix(low, high, f.y);
}

vec2 octahedral(vec3 d) {
    vec2 p = d.xy / (abs(d.x) + abs(d.y) + abs(d.z));
    if (d.z < 0.0) p = (1.0 - abs(p.yx)) * vec2(p.x < 0.0 ? -1.0 : 1.0, p.y < 0.0 ? -1.0 : 1.0);
    return p * 0.5 + 0.5;
}

vec3 reflected(vec3 direction, float roughness) {
    return textureLod(environment, octahedral(direction), roughness * ROUGHEST_LEVEL).rgb;
}

vec3 ambient(vec3 n) {
    vec3 sum = irradiance[0] + irradiance[1] * n.y + irradiance[2] * n.z + irradiance[3] * n.x;
    sum += irradiance[4] * (n.x * n.y) + irradiance[5] * (n.y * n.z);
    sum += irradiance[6] * (3.0 * n.z * n.z - 1.0) + irradiance[7] * (n.x * n.z);
    return max(sum + irradiance[8] * (n.x * n.x - n.y * n.y), vec3(0.0));
}

float sunlit(vec3 at) {
    if (any(lessThan(at.xy, vec2(0.0))) || any(greaterThan(at.xy, vec2(1.0)))) return 1.0;
    float sum = 0.0;
    for (int i = -SHADOW_REACH; i <= SHADOW_REACH; i++)
        for (int j = -SHADOW_REACH; j <= SHADOW_REACH; j++)
            sum += texture(shadow_map, vec3(at.xy + vec2(i, j) * shadow_spread, at.z - 0.0008));
    return sum / float((2 * SHADOW_REACH + 1) * (2 * SHADOW_REACH + 1));
}

vec3 lamplight(vec3 p, vec3 n) {
    vec3 sum = vec3(0.0);
    for (int i = 0; i < lamp_count; i++) {
        vec3 d = lamps[i] - p;
        float inverse = inversesqrt(dot(d, d) + 0.5);
        vec3 l = d * inverse;
        sum += max(dot(n, l) * 0.85 + 0.15, 0.0) * smoothstep(0.12, 0.75, l.z) * inverse * inverse;
    }
    return sum * lamp_rgb;
}

float transmittance(vec3 p) {
    return exp(-distance(eye, p) * fog_per_m);
}

// Trowbridge-Reitz (GGX) lobe with Schlick's visibility; the sun's highlight without Fresnel.
float highlight(vec3 n, vec3 v, float roughness, float n_dot_v, float n_dot_l) {
    float n_dot_h = max(dot(n, normalize(v + sun_direction)), 0.0);
    float alpha = max(roughness * roughness, 0.006);
    float squared = alpha * alpha;
    float base = n_dot_h * n_dot_h * (squared - 1.0) + 1.0;
    float k = (roughness + 1.0) * (roughness + 1.0) / 8.0;
    float masking = (n_dot_v * (1.0 - k) + k) * (max(n_dot_l, 0.02) * (1.0 - k) + k);
    return min(squared / (3.14159 * base * base) / (4.0 * masking), 40.0);
}

float fresnel(float n_dot_v) {
    float x = 1.0 - n_dot_v;
    return x * x * x * x * x;
}
