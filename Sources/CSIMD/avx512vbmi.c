// AVX-512 VBMI: a byte permutation over whole registers makes both directions of base64 table look-ups.
#include "kernels.h"

#if defined(__x86_64__)
#if !defined(STRONGROOM_SIMD_EMULATED)
#include <immintrin.h>
#endif

#define AVX512 STRONGROOM_TARGET("avx512f,avx512bw,avx512vbmi")

#define FOUR(G, g) G(g), G((g + 1)), G((g + 2)), G((g + 3))
#define EVERY_GROUP(G) FOUR(G, 0), FOUR(G, 4), FOUR(G, 8), FOUR(G, 12)

// Each three bytes b0 b1 b2 in a lane of their own, as the number b0:b1:b2; the fourth byte does not matter.
#define LANE(g) 3 * g + 2, 3 * g + 1, 3 * g, 3 * g
static const uint8_t to_lanes[64] = {EVERY_GROUP(LANE)};

// The same backwards: three bytes out of each lane. The sixteen that follow are junk.
#define BYTES(g) 4 * g + 2, 4 * g + 1, 4 * g
static const uint8_t from_lanes[64] = {EVERY_GROUP(BYTES)};

STRONGROOM_INLINE AVX512 __m512i load64(const uint8_t *src) {
    return _mm512_loadu_si512((const void *)src);
}

STRONGROOM_INLINE AVX512 void store64(uint8_t *dst, __m512i v) {
    _mm512_storeu_si512((void *)dst, v);
}

// The lowest `n` of 64 bits, 0 < n < 64.
STRONGROOM_INLINE uint64_t lowest(size_t n) {
    return ~UINT64_C(0) >> (64 - n);
}

STRONGROOM_INLINE AVX512 __m512i encode48(__m512i bytes) {
    __m512i lanes = _mm512_permutexvar_epi8(load64(to_lanes), bytes);
    // Byte by byte the bit of its 64-bit word at which each symbol begins; a look-up takes only the lowest six bits.
    const __m512i begin = _mm512_set1_epi64(0x20262c3200060c12);
    __m512i values = _mm512_multishift_epi64_epi8(begin, lanes);
    return _mm512_permutexvar_epi8(values, load64(strongroom_base64_alphabet));
}

AVX512 static size_t encode(const uint8_t *src, size_t n, uint8_t *dst) {
    size_t length = (n + 2) / 3 * 4;
    for (; n >= 64; n -= 48, src += 48, dst += 64) {
        store64(dst, encode48(load64(src)));
    }
    if (n > 48) {
        store64(dst, encode48(_mm512_maskz_loadu_epi8(lowest(48), src)));
        n -= 48;
        src += 48;
        dst += 64;
    }
    if (n == 0) return length;
    __m512i symbols = encode48(_mm512_maskz_loadu_epi8(lowest(n), src));
    // Padding is what lies beyond the last symbol: blended in the register, so that one whole store does.
    size_t count = (n * 4 + 2) / 3;
    uint64_t beyond = ~(~UINT64_C(0) >> (64 - count));
    store64(dst, _mm512_mask_blend_epi8(beyond, symbols, _mm512_set1_epi8('=')));
    return length;
}

// True, and 48 bytes stored, if all symbols are of the alphabet.
STRONGROOM_INLINE AVX512 bool decode64(__m512i symbols, uint8_t *dst) {
    __m512i low = load64(strongroom_base64_values), high = load64(strongroom_base64_values + 64);
    __m512i values = _mm512_permutex2var_epi8(low, symbols, high);
    // The look-up takes seven bits; a symbol that has the eighth is as wrong as an entry that has it.
    if (_mm512_movepi8_mask(_mm512_or_si512(values, symbols)) != 0) return false;
    __m512i pairs = _mm512_maddubs_epi16(values, _mm512_set1_epi32(0x01400140));
    __m512i quanta = _mm512_madd_epi16(pairs, _mm512_set1_epi32(0x00011000));
    store64(dst, _mm512_permutexvar_epi8(load64(from_lanes), quanta));
    return true;
}

AVX512 static size_t decode_blocks(const uint8_t *src, size_t n, uint8_t *dst) {
    size_t at = 0;
    for (; n - at > 64; at += 64, dst += 48) {
        if (!decode64(load64(src + at), dst)) return at;
    }
    size_t left = (n - at - 1) / 4 * 4;
    if (left == 0) return at;
    // What the mask leaves out is made a symbol, so that it is no fault. Here `left` is 4 to 60.
    __m512i symbols = _mm512_mask_loadu_epi8(_mm512_set1_epi8('A'), lowest(left), src + at);
    return decode64(symbols, dst) ? at + left : at;
}

STRONGROOM_INLINE AVX512 uint64_t stops(__m512i text, bool plain) {
    uint64_t stop = _mm512_cmpeq_epi8_mask(text, _mm512_set1_epi8('\\'));
    if (!plain) {
        stop |= _mm512_cmplt_epu8_mask(text, _mm512_set1_epi8(0x20));
        return stop | _mm512_cmpeq_epi8_mask(text, _mm512_set1_epi8('"'));
    }
    // As signed bytes all from 0x80 up are below 0x20 too. `<` and `>`, `"` and `&` differ in one bit each.
    __m512i angle = _mm512_and_si512(text, _mm512_set1_epi8((char)0xfd));
    __m512i quote = _mm512_and_si512(text, _mm512_set1_epi8((char)0xfb));
    stop |= _mm512_cmplt_epi8_mask(text, _mm512_set1_epi8(0x20));
    stop |= _mm512_cmpeq_epi8_mask(angle, _mm512_set1_epi8('<'));
    return stop | _mm512_cmpeq_epi8_mask(quote, _mm512_set1_epi8('"'));
}

STRONGROOM_INLINE AVX512 size_t run(const uint8_t *src, size_t n, bool plain) {
    size_t at = 0;
    for (; n - at >= 64; at += 64) {
        uint64_t found = stops(load64(src + at), plain);
        if (found) return at + (size_t)__builtin_ctzll(found);
    }
    if (at == n) return n;
    uint64_t present = lowest(n - at);
    uint64_t found = stops(_mm512_maskz_loadu_epi8(present, src + at), plain) & present;
    return found ? at + (size_t)__builtin_ctzll(found) : n;
}

AVX512 static size_t string_run(const uint8_t *src, size_t n) {
    return run(src, n, false);
}

AVX512 static size_t plain_run(const uint8_t *src, size_t n) {
    return run(src, n, true);
}

const struct strongroom_codec STRONGROOM_CODEC(avx512vbmi) = {
    STRONGROOM_SIMD_AVX512VBMI, encode, decode_blocks, string_run, plain_run,
};
#endif
