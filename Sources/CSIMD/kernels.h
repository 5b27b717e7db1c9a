// What the levels share: the table of functions each one fills in, and the pieces of the scalar one they finish with.
#ifndef STRONGROOM_CSIMD_KERNELS_H
#define STRONGROOM_CSIMD_KERNELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "CSIMD.h"

#define STRONGROOM_HIDDEN __attribute__((visibility("hidden")))
#define STRONGROOM_INLINE static inline __attribute__((always_inline))

// A kernel's instructions are asked for function by function: SwiftPM compiles all files of a target alike, and the
// rest of the program must stay runnable on the oldest processor. `.ci/check-simd` also builds the kernels against
// portable stand-ins for the intrinsics, which need no target, and gives them a name of their own.
#if defined(STRONGROOM_SIMD_EMULATED)
#define STRONGROOM_TARGET(features)
#define STRONGROOM_CODEC(level) strongroom_codec_##level##_emulated
#else
#define STRONGROOM_TARGET(features) __attribute__((target(features)))
#define STRONGROOM_CODEC(level) strongroom_codec_##level
#endif

// Decodes whole quanta from the start of `src[0, n)` for as long as all symbols are of the alphabet, and returns how
// many symbols that were. Always leaves the last quantum of the text, so it never meets good padding. n > 0.
typedef size_t strongroom_decode_blocks(const uint8_t *src, size_t n, uint8_t *dst);

// One level. No function is ever given n = 0: pointers may then be null.
struct strongroom_codec {
    int level;
    size_t (*encode)(const uint8_t *src, size_t n, uint8_t *dst);
    strongroom_decode_blocks *decode_blocks;
    size_t (*string_run)(const uint8_t *src, size_t n);
    size_t (*plain_run)(const uint8_t *src, size_t n);
};

STRONGROOM_HIDDEN extern const struct strongroom_codec strongroom_codec_scalar;
STRONGROOM_HIDDEN extern const struct strongroom_codec STRONGROOM_CODEC(neon);
STRONGROOM_HIDDEN extern const struct strongroom_codec STRONGROOM_CODEC(avx2);
STRONGROOM_HIDDEN extern const struct strongroom_codec STRONGROOM_CODEC(avx512vbmi);

// Symbol to value and value to symbol. What is no symbol has the top bit set.
STRONGROOM_HIDDEN extern const uint8_t strongroom_base64_values[256];
STRONGROOM_HIDDEN extern const uint8_t strongroom_base64_alphabet[64];

// Decodes `src[at, n)`, to which `blocks` has come from 0: line breaks, padding, errors, and all of the error offsets.
// Goes back to `blocks` behind a line break. Needs `at < n`.
STRONGROOM_HIDDEN int64_t strongroom_base64_decode_rest(
    strongroom_decode_blocks *blocks, const uint8_t *src, size_t n, size_t at, uint8_t *dst);

// Up to fifteen bytes as two little-endian words, zero above them.
struct strongroom_few {
    uint64_t low, high;
};

STRONGROOM_INLINE uint64_t strongroom_load64(const uint8_t *src) {
    uint64_t word;
    memcpy(&word, src, sizeof word);
    return word;
}

STRONGROOM_INLINE uint32_t strongroom_load32(const uint8_t *src) {
    uint32_t word;
    memcpy(&word, src, sizeof word);
    return word;
}

// Reads exactly `src[0, n)`, 0 < n < 16, by two loads that overlap in the middle.
STRONGROOM_INLINE struct strongroom_few strongroom_load_few(const uint8_t *src, size_t n) {
    if (n >= 8) {
        // Shifted in two steps: for n = 8 nothing remains, and a shift by 64 is undefined.
        uint64_t high = strongroom_load64(src + n - 8) >> 8 >> (8 * (15 - n));
        return (struct strongroom_few){strongroom_load64(src), high};
    }
    if (n >= 4) {
        uint64_t tail = (uint64_t)strongroom_load32(src + n - 4) << (8 * (n - 4));
        return (struct strongroom_few){strongroom_load32(src) | tail, 0};
    }
    size_t middle = n / 2, last = n - 1;
    uint64_t low = src[0] | (uint64_t)src[middle] << (8 * middle) | (uint64_t)src[last] << (8 * last);
    return (struct strongroom_few){low, 0};
}

#endif
