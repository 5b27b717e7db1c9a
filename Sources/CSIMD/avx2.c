// AVX2. The base64 steps are Wojciech Muła's (https://arxiv.org/abs/1704.00605): 24 bytes to 32 symbols and back.
#include "kernels.h"

#if defined(__x86_64__)
#if !defined(STRONGROOM_SIMD_EMULATED)
#include <immintrin.h>
#endif

#define AVX2 STRONGROOM_TARGET("avx2")

// The same sixteen table entries for both halves of a register, since a byte shuffle does not cross them.
#define BOTH(...) _mm256_broadcastsi128_si256(_mm_setr_epi8(__VA_ARGS__))

STRONGROOM_INLINE AVX2 __m128i load16(const uint8_t *src) {
    return _mm_loadu_si128((const __m128i *)src);
}

STRONGROOM_INLINE AVX2 __m256i load32(const uint8_t *src) {
    return _mm256_loadu_si256((const __m256i *)src);
}

STRONGROOM_INLINE AVX2 void store32(uint8_t *dst, __m256i v) {
    _mm256_storeu_si256((__m256i *)dst, v);
}

STRONGROOM_INLINE AVX2 __m256i halves(__m128i low, __m128i high) {
    return _mm256_inserti128_si256(_mm256_castsi128_si256(low), high, 1);
}

STRONGROOM_INLINE AVX2 __m128i load_few(const uint8_t *src, size_t n) {
    struct strongroom_few few = strongroom_load_few(src, n);
    return _mm_set_epi64x((long long)few.high, (long long)few.low);
}

// `control` picks the bytes: each three, b0 b1 b2, as the words b0:b1 and b1:b2. Twelve make the symbols of each half.
STRONGROOM_INLINE AVX2 __m256i encode24(__m256i bytes, __m256i control) {
    __m256i words = _mm256_shuffle_epi8(bytes, control);
    // A multiplication shifts each symbol by its own amount: high halves bring two of the four down, low halves bring
    // the other two up.
    __m256i even = _mm256_mulhi_epu16(
        _mm256_and_si256(words, _mm256_set1_epi32(0x0fc0fc00)), _mm256_set1_epi32(0x04000040));
    __m256i odd = _mm256_mullo_epi16(
        _mm256_and_si256(words, _mm256_set1_epi32(0x003f03f0)), _mm256_set1_epi32(0x01000010));
    __m256i values = _mm256_or_si256(even, odd);
    // Value to symbol is an addition whose summand depends on the range: 0 for A-Z, 1 for a-z, 2 to 11 for the digits,
    // 12 and 13 for + and /.
    __m256i range = _mm256_sub_epi8(
        _mm256_subs_epu8(values, _mm256_set1_epi8(51)), _mm256_cmpgt_epi8(values, _mm256_set1_epi8(25)));
    __m256i summand = _mm256_shuffle_epi8(
        BOTH('A', 'a' - 26, -4, -4, -4, -4, -4, -4, -4, -4, -4, -4, '+' - 62, '/' - 63, 0, 0), range);
    return _mm256_add_epi8(values, summand);
}

// For halves loaded from 0 and from 8, so that exactly 24 bytes are read: the upper one begins at its fifth byte.
STRONGROOM_INLINE AVX2 __m256i whole_block(void) {
    return _mm256_setr_epi8(1, 0, 2, 1, 4, 3, 5, 4, 7, 6, 8, 7, 10, 9, 11, 10, 5, 4, 6, 5, 8, 7, 9, 8, 11, 10, 12, 11,
        14, 13, 15, 14);
}

// The last `n` (1 to 24) of `total` bytes, with their padding.
STRONGROOM_INLINE AVX2 __m256i encode_end(const uint8_t *src, size_t n, size_t total) {
    // The sixteen bytes that end the input stand in for those that may not be read, and the control is moved up by
    // what they begin too early. 0x70 makes an index past the register, which is past the input, one that gives zero.
    __m256i bytes, shift;
    if (total >= 16) {
        __m256i full = halves(_mm_set1_epi8(16), _mm_set1_epi8(24));
        shift = _mm256_max_epi8(_mm256_sub_epi8(full, _mm256_set1_epi8((char)n)), _mm256_setzero_si256());
        const uint8_t *last = src + n - 16;
        bytes = halves(load16(n < 16 ? last : src), load16(last));
    } else {
        shift = halves(_mm_setzero_si128(), _mm_set1_epi8(8));
        bytes = _mm256_broadcastsi128_si256(load_few(src, n));
    }
    __m256i control = _mm256_add_epi8(_mm256_add_epi8(whole_block(), _mm256_set1_epi8(0x70)), shift);
    __m256i position = _mm256_setr_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21,
        22, 23, 24, 25, 26, 27, 28, 29, 30, 31);
    __m256i last_symbol = _mm256_set1_epi8((char)((unsigned)(n * 4 + 2) / 3 - 1));
    __m256i beyond = _mm256_cmpgt_epi8(position, last_symbol);
    return _mm256_blendv_epi8(encode24(bytes, control), _mm256_set1_epi8('='), beyond);
}

AVX2 static size_t encode(const uint8_t *src, size_t n, uint8_t *dst) {
    size_t left = n;
    for (; left > 24; left -= 24, src += 24, dst += 32) {
        store32(dst, encode24(halves(load16(src), load16(src + 8)), whole_block()));
    }
    store32(dst, encode_end(src, left, n));
    return (n + 2) / 3 * 4;
}

struct decoded {
    __m256i values; // One byte each, where every symbol is of the alphabet.
    __m256i faults; // Zero where that is so.
};

STRONGROOM_INLINE AVX2 struct decoded look_up(__m256i symbols) {
    // Bit by bit, what a low half-byte may not stand under: 1 under 2, 2 under 3, 4 under 4 and 6, 8 under 5 and 7,
    // 16 under all the rest.
    const __m256i not_under = BOTH(0x15, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x13, 0x1a, 0x1b, 0x1b,
        0x1b, 0x1a);
    const __m256i above = BOTH(16, 16, 1, 2, 4, 8, 4, 8, 16, 16, 16, 16, 16, 16, 16, 16);
    // By high half-byte: +, the digits, A-O, P-Z, a-o, p-z; / has the entry before +, which no other symbol uses.
    const __m256i to_value = BOTH(0, 63 - '/', 62 - '+', 4, -65, -65, -71, -71, 0, 0, 0, 0, 0, 0, 0, 0);
    const __m256i half_byte = _mm256_set1_epi8(0x0f);
    __m256i low = _mm256_and_si256(symbols, half_byte);
    __m256i high = _mm256_and_si256(_mm256_srli_epi32(symbols, 4), half_byte);
    __m256i slash = _mm256_cmpeq_epi8(symbols, _mm256_set1_epi8('/'));
    __m256i offset = _mm256_shuffle_epi8(to_value, _mm256_add_epi8(high, slash));
    __m256i faults = _mm256_and_si256(_mm256_shuffle_epi8(not_under, low), _mm256_shuffle_epi8(above, high));
    return (struct decoded){_mm256_add_epi8(symbols, offset), faults};
}

STRONGROOM_INLINE AVX2 __m256i pack24(__m256i values) {
    __m256i pairs = _mm256_maddubs_epi16(values, _mm256_set1_epi32(0x01400140));
    __m256i quanta = _mm256_madd_epi16(pairs, _mm256_set1_epi32(0x00011000));
    __m256i bytes = _mm256_shuffle_epi8(quanta, BOTH(2, 1, 0, 6, 5, 4, 10, 9, 8, 14, 13, 12, -1, -1, -1, -1));
    return _mm256_permutevar8x32_epi32(bytes, _mm256_setr_epi32(0, 1, 2, 4, 5, 6, 7, 7));
}

AVX2 static size_t decode_blocks(const uint8_t *src, size_t n, uint8_t *dst) {
    size_t at = 0;
    for (; n - at > 32; at += 32, dst += 24) {
        struct decoded block = look_up(load32(src + at));
        if (!_mm256_testz_si256(block.faults, block.faults)) return at;
        store32(dst, pack24(block.values));
    }
    size_t quanta = (n - at - 1) / 4;
    if (quanta == 0) return at;
    // A masked load reads exactly the quanta that are left; faults count only in those.
    __m256i present = _mm256_cmpgt_epi32(_mm256_set1_epi32((int)quanta), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
    struct decoded block = look_up(_mm256_maskload_epi32((const int *)(src + at), present));
    if (!_mm256_testz_si256(block.faults, present)) return at;
    store32(dst, pack24(block.values));
    return at + quanta * 4;
}

STRONGROOM_INLINE AVX2 uint32_t stops(__m256i text, bool plain) {
    __m256i stop = _mm256_cmpeq_epi8(text, _mm256_set1_epi8('\\'));
    if (!plain) {
        __m256i control = _mm256_cmpeq_epi8(_mm256_min_epu8(text, _mm256_set1_epi8(0x1f)), text);
        stop = _mm256_or_si256(stop, control);
        stop = _mm256_or_si256(stop, _mm256_cmpeq_epi8(text, _mm256_set1_epi8('"')));
    } else {
        // As signed bytes all from 0x80 up are below 0x20 too. `<` and `>`, `"` and `&` differ in one bit each.
        __m256i angle = _mm256_and_si256(text, _mm256_set1_epi8((char)0xfd));
        __m256i quote = _mm256_and_si256(text, _mm256_set1_epi8((char)0xfb));
        stop = _mm256_or_si256(stop, _mm256_cmpgt_epi8(_mm256_set1_epi8(0x20), text));
        stop = _mm256_or_si256(stop, _mm256_cmpeq_epi8(angle, _mm256_set1_epi8('<')));
        stop = _mm256_or_si256(stop, _mm256_cmpeq_epi8(quote, _mm256_set1_epi8('"')));
    }
    return (uint32_t)_mm256_movemask_epi8(stop);
}

STRONGROOM_INLINE AVX2 size_t short_run(const uint8_t *src, size_t n, bool plain) {
    if (n < 16) {
        uint32_t found = stops(_mm256_castsi128_si256(load_few(src, n)), plain) & ((1u << n) - 1);
        return found ? (size_t)__builtin_ctz(found) : n;
    }
    // The first and the last sixteen, which may overlap: what they share is clean if the upper half decides.
    uint32_t found = stops(halves(load16(src), load16(src + n - 16)), plain);
    if (found == 0) return n;
    size_t first = (size_t)__builtin_ctz(found);
    return first < 16 ? first : n - 32 + first;
}

STRONGROOM_INLINE AVX2 size_t run(const uint8_t *src, size_t n, bool plain) {
    if (n < 32) return short_run(src, n, plain);
    size_t at = 0;
    for (; n - at >= 32; at += 32) {
        uint32_t found = stops(load32(src + at), plain);
        if (found) return at + (size_t)__builtin_ctz(found);
    }
    if (at == n) return n;
    uint32_t found = stops(load32(src + n - 32), plain);
    return found ? n - 32 + (size_t)__builtin_ctz(found) : n;
}

AVX2 static size_t string_run(const uint8_t *src, size_t n) {
    return run(src, n, false);
}

AVX2 static size_t plain_run(const uint8_t *src, size_t n) {
    return run(src, n, true);
}

const struct strongroom_codec STRONGROOM_CODEC(avx2) = {
    STRONGROOM_SIMD_AVX2, encode, decode_blocks, string_run, plain_run,
};
#endif
