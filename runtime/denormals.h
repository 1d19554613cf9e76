/* SPDX-License-Identifier: Apache-2.0
 *
 * Denormals cost a hundred cycles each and mean nothing to a network: threads
 * that run kernels flush them to zero, and give the caller its mode back.
 */
#ifndef NND_RUNTIME_DENORMALS_H
#define NND_RUNTIME_DENORMALS_H

#include <stdint.h>

#if defined(__x86_64__)
#include <xmmintrin.h>

static inline uint64_t nnd_denormals_off(void)
{
    unsigned before = _mm_getcsr();
    _mm_setcsr(before | 0x8040); /* flush to zero, denormals are zero */
    return before;
}

static inline void nnd_denormals_restore(uint64_t before)
{
    _mm_setcsr((unsigned)before);
}
#elif defined(__aarch64__)
static inline uint64_t nnd_denormals_off(void)
{
    uint64_t before;
    __asm__ volatile("mrs %0, fpcr" : "=r"(before));
    __asm__ volatile("msr fpcr, %0" : : "r"(before | (1u << 24)));
    return before;
}

static inline void nnd_denormals_restore(uint64_t before)
{
    __asm__ volatile("msr fpcr, %0" : : "r"(before));
}
#else
static inline uint64_t nnd_denormals_off(void) { return 0; }
static inline void nnd_denormals_restore(uint64_t before) { (void)before; }
#endif

#endif
