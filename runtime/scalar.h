/* SPDX-License-Identifier: Apache-2.0
 *
 * The scalar functions, in C. Those of f32 are straight-line polynomials made
 * of additions, multiplications, fused multiply-adds, comparisons, selections
 * and integer operations on the bits; compiler/codegen/math.c emits the same
 * operations in the same order, so that interpreter and compiled code agree
 * bit for bit. Those of f64 are libm's. Results below the normal range are 0.
 *
 * Largest errors over all f32 inputs, in units of the last place (tested):
 * exp 2, log 2, sigmoid 3, tanh 6.
 */
#ifndef NND_RUNTIME_SCALAR_H
#define NND_RUNTIME_SCALAR_H

#include <math.h>
#include <stdint.h>
#include <string.h>

static inline uint32_t nnd_bits(float x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

static inline float nnd_from_bits(uint32_t bits)
{
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* Where exp leaves the normal range. */
#define NND_EXP_HIGH 88.7228394f
#define NND_EXP_LOW (-87.3365448f)

/* 1.5 * 2^23: a number that this is added to is rounded to an integer, which then stands in the low bits. */
#define NND_ROUNDING 12582912.0f

/* exp(x) = 2^n exp(r), n = round(x log2(e)), |r| <= log(2)/2; polynomial of Cephes' expf (Moshier). x is brought into the
 * normal range; returns exp(r), and n + NND_ROUNDING. */
static inline float nnd_exp_parts(float x, float *rounded)
{
    float c = x > NND_EXP_HIGH ? NND_EXP_HIGH : x;
    c = c < NND_EXP_LOW ? NND_EXP_LOW : c;
    float t = fmaf(c, 1.44269504f, NND_ROUNDING);
    float n = t - NND_ROUNDING;
    float r = fmaf(n, -0.693359375f, c);
    r = fmaf(n, 2.12194440e-4f, r);
    float p = 1.9875691500e-4f;
    p = fmaf(p, r, 1.3981999507e-3f);
    p = fmaf(p, r, 8.3334519073e-3f);
    p = fmaf(p, r, 4.1665795894e-2f);
    p = fmaf(p, r, 1.6666665459e-1f);
    p = fmaf(p, r, 5.0000001201e-1f);
    float r2 = r * r;
    p = fmaf(p, r2, r);
    *rounded = t;
    return p + 1.0f;
}

/* 2^n has no bits of its own where n is 128. */
static inline float nnd_exp_f32(float x)
{
    float t;
    float p = nnd_exp_parts(x, &t);
    int32_t k = (int32_t)(nnd_bits(t) - nnd_bits(NND_ROUNDING));
    int32_t half = k >> 1;
    p = p * nnd_from_bits((uint32_t)(half + 127) << 23);
    p = p * nnd_from_bits((uint32_t)(k - half + 127) << 23);
    p = x > NND_EXP_HIGH ? INFINITY : p;
    return x < NND_EXP_LOW ? 0.0f : p;
}

/* log(x) = e log(2) + log(m), sqrt(1/2) <= m < sqrt(2); polynomial of Cephes' logf (Moshier). */
static inline float nnd_log_f32(float x)
{
    uint32_t bits = nnd_bits(x);
    int32_t e = (int32_t)(bits - 0x3f3504f3u) >> 23;
    float m = nnd_from_bits(bits - ((uint32_t)e << 23)) - 1.0f;
    float fe = (float)e;
    float z = m * m;
    float p = 7.0376836292e-2f;
    p = fmaf(p, m, -1.1514610310e-1f);
    p = fmaf(p, m, 1.1676998740e-1f);
    p = fmaf(p, m, -1.2420140846e-1f);
    p = fmaf(p, m, 1.4249322787e-1f);
    p = fmaf(p, m, -1.6668057665e-1f);
    p = fmaf(p, m, 2.0000714765e-1f);
    p = fmaf(p, m, -2.4999993993e-1f);
    p = fmaf(p, m, 3.3333331174e-1f);
    float y = p * z;
    y = y * m;
    y = fmaf(fe, -2.12194440e-4f, y);
    y = fmaf(z, -0.5f, y);
    y = m + y;
    y = fmaf(fe, 0.693359375f, y);
    y = x > 3.40282347e38f ? x : y;
    y = x < 1.17549435e-38f ? -INFINITY : y;
    y = x < 0.0f ? NAN : y;
    return x != x ? x : y;
}

/* 1 / (1 + exp(-x)). Here 2^128 may be infinite, and a number beside which 1 is nothing need not be 0: the bits of n + 127 are
 * shifted to where an exponent has them, those of NND_ROUNDING out of the number. */
static inline float nnd_sigmoid_f32(float x)
{
    float t;
    float p = nnd_exp_parts(-x, &t);
    return 1.0f / (1.0f + p * nnd_from_bits((nnd_bits(t) + 127) << 23));
}

/* Odd rational function of degree 13/6, as in Eigen's generic_fast_tanh_float; near 0 it is x. */
static inline float nnd_tanh_f32(float x)
{
    const float clamp = 7.90531110763549805f;
    float c = x > clamp ? clamp : x;
    c = c < -clamp ? -clamp : c;
    float c2 = c * c;
    float p = -2.76076847742355e-16f;
    p = fmaf(p, c2, 2.00018790482477e-13f);
    p = fmaf(p, c2, -8.60467152213735e-11f);
    p = fmaf(p, c2, 5.12229709037114e-08f);
    p = fmaf(p, c2, 1.48572235717979e-05f);
    p = fmaf(p, c2, 6.37261928875436e-04f);
    p = fmaf(p, c2, 4.89352455891786e-03f);
    p = p * c;
    float q = 1.19825839466702e-06f;
    q = fmaf(q, c2, 1.18534705686654e-04f);
    q = fmaf(q, c2, 2.26843463243900e-03f);
    q = fmaf(q, c2, 4.89352518554385e-03f);
    float y = p / q;
    float magnitude = nnd_from_bits(nnd_bits(x) & 0x7fffffffu);
    return magnitude < 0.0004f ? x : y;
}

static inline float nnd_pow_f32(float x, float y)
{
    return nnd_exp_f32(y * nnd_log_f32(x));
}

static inline double nnd_exp_f64(double x) { return exp(x); }
static inline double nnd_log_f64(double x) { return log(x); }
static inline double nnd_sigmoid_f64(double x) { return 1.0 / (1.0 + exp(-x)); }
static inline double nnd_tanh_f64(double x) { return tanh(x); }
static inline double nnd_pow_f64(double x, double y) { return exp(y * log(x)); }

#endif
