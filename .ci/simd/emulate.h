// The portable stand-ins for AVX2, AVX-512 and NEON intrinsics (SIMDe), under the intrinsics' own names.
// Included before a kernel file that is built with STRONGROOM_SIMD_EMULATED.
#ifndef CHECK_SIMD_EMULATE_H
#define CHECK_SIMD_EMULATE_H

#define SIMDE_ENABLE_NATIVE_ALIASES
#include <stdint.h>
#include <simde/x86/avx2.h>
// Compilers from 2022 on have this type in their SSE2 header; SIMDe would define it once more.
#define __m128bh emulated_m128bh
#include <simde/x86/avx512.h>
#undef __m128bh
#include <simde/arm/neon.h>

// Debian 12's SIMDe lacks these two. Byte by byte, so that the address sanitizer sees what a masked load may touch.
static inline __m512i emulated_mask_loadu_epi8(__m512i rest, uint64_t mask, const void *from) {
    uint8_t bytes[64];
    simde_mm512_storeu_si512(bytes, rest);
    for (int i = 0; i < 64; i++) {
        if (mask >> i & 1) bytes[i] = ((const uint8_t *)from)[i];
    }
    return simde_mm512_loadu_si512(bytes);
}

#undef _mm512_mask_loadu_epi8
#undef _mm512_maskz_loadu_epi8
#define _mm512_mask_loadu_epi8(rest, mask, from) emulated_mask_loadu_epi8(rest, mask, from)
#define _mm512_maskz_loadu_epi8(mask, from) emulated_mask_loadu_epi8(simde_mm512_setzero_si512(), mask, from)

// Debian 12's SIMDe reads all lanes of this one, and wants only one lane of the next to be zero.
static inline __m256i emulated_maskload_epi32(const int *from, __m256i mask) {
    int32_t wanted[8], lanes[8] = {0};
    simde_mm256_storeu_si256((void *)wanted, mask);
    for (int i = 0; i < 8; i++) {
        if (wanted[i] < 0) lanes[i] = simde_mm_cvtsi128_si32(simde_mm_loadu_si32(from + i));
    }
    return simde_mm256_loadu_si256((const void *)lanes);
}

static inline int emulated_testz_si256(__m256i a, __m256i b) {
    uint64_t lanes[4];
    simde_mm256_storeu_si256((void *)lanes, simde_mm256_and_si256(a, b));
    return (lanes[0] | lanes[1] | lanes[2] | lanes[3]) == 0;
}

#undef _mm256_maskload_epi32
#undef _mm256_testz_si256
#define _mm256_maskload_epi32(from, mask) emulated_maskload_epi32(from, mask)
#define _mm256_testz_si256(a, b) emulated_testz_si256(a, b)

// Debian 12's SIMDe shifts by 64 here, which C leaves undefined.
static inline __m512i emulated_multishift_epi64_epi8(__m512i begin, __m512i words) {
    uint8_t bytes[64];
    uint64_t word[8];
    simde_mm512_storeu_si512(bytes, begin);
    simde_mm512_storeu_si512(word, words);
    for (int i = 0; i < 64; i++) {
        unsigned shift = bytes[i] & 63;
        bytes[i] = (uint8_t)(word[i / 8] >> shift | word[i / 8] << (-shift & 63));
    }
    return simde_mm512_loadu_si512(bytes);
}

#undef _mm512_multishift_epi64_epi8
#define _mm512_multishift_epi64_epi8(begin, words) emulated_multishift_epi64_epi8(begin, words)

// Debian 12's SIMDe gives this alias the parameters of the masked form.
#undef _mm512_madd_epi16
#define _mm512_madd_epi16(a, b) simde_mm512_madd_epi16(a, b)

#endif
