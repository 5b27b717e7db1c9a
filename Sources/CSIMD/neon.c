// NEON (every AArch64 has it): 48 bytes to 64 symbols with the interleaving loads and stores, 12 to 16 for the rest.
#include "kernels.h"

#if defined(__aarch64__) || defined(STRONGROOM_SIMD_EMULATED)
#if !defined(STRONGROOM_SIMD_EMULATED)
#include <arm_neon.h>
#endif

STRONGROOM_INLINE uint8x16x4_t load_table(const uint8_t *table) {
    uint8x16x4_t t = {{vld1q_u8(table), vld1q_u8(table + 16), vld1q_u8(table + 32), vld1q_u8(table + 48)}};
    return t;
}

STRONGROOM_INLINE uint8x16_t load_few(const uint8_t *src, size_t n) {
    struct strongroom_few few = strongroom_load_few(src, n);
    return vcombine_u8(vcreate_u8(few.low), vcreate_u8(few.high));
}

STRONGROOM_INLINE void encode48(const uint8_t *src, uint8x16x4_t alphabet, uint8_t *dst) {
    const uint8x16_t six = vdupq_n_u8(0x3f);
    uint8x16x3_t bytes = vld3q_u8(src);
    uint8x16_t b0 = bytes.val[0], b1 = bytes.val[1], b2 = bytes.val[2];
    uint8x16x4_t symbols;
    symbols.val[0] = vqtbl4q_u8(alphabet, vshrq_n_u8(b0, 2));
    symbols.val[1] = vqtbl4q_u8(alphabet, vandq_u8(vorrq_u8(vshlq_n_u8(b0, 4), vshrq_n_u8(b1, 4)), six));
    symbols.val[2] = vqtbl4q_u8(alphabet, vandq_u8(vorrq_u8(vshlq_n_u8(b1, 2), vshrq_n_u8(b2, 6)), six));
    symbols.val[3] = vqtbl4q_u8(alphabet, vandq_u8(b2, six));
    vst4q_u8(dst, symbols);
}

// The lowest twelve bytes become sixteen symbols.
STRONGROOM_INLINE uint8x16_t encode12(uint8x16_t bytes, uint8x16x4_t alphabet) {
    static const uint8_t to_lanes[16] = {2, 1, 0, 255, 5, 4, 3, 255, 8, 7, 6, 255, 11, 10, 9, 255};
    // Three bytes as one number in each 32-bit lane; its four symbols are spread so that the first comes lowest.
    uint32x4_t lanes = vreinterpretq_u32_u8(vqtbl1q_u8(bytes, vld1q_u8(to_lanes)));
    uint32x4_t first = vshrq_n_u32(lanes, 18);
    uint32x4_t second = vandq_u32(vshrq_n_u32(lanes, 4), vdupq_n_u32(0x3f00));
    uint32x4_t third = vandq_u32(vshlq_n_u32(lanes, 10), vdupq_n_u32(0x3f0000));
    uint32x4_t fourth = vandq_u32(vshlq_n_u32(lanes, 24), vdupq_n_u32(0x3f000000));
    uint32x4_t values = vorrq_u32(vorrq_u32(first, second), vorrq_u32(third, fourth));
    return vqtbl4q_u8(alphabet, vreinterpretq_u8_u32(values));
}

static size_t encode(const uint8_t *src, size_t n, uint8_t *dst) {
    const uint8x16x4_t alphabet = load_table(strongroom_base64_alphabet);
    size_t length = (n + 2) / 3 * 4, padding = (3 - n % 3) % 3;
    uint8_t *end = dst + length;
    for (; n >= 48; n -= 48, src += 48, dst += 64) encode48(src, alphabet, dst);
    for (; n >= 16; n -= 12, src += 12, dst += 16) vst1q_u8(dst, encode12(vld1q_u8(src), alphabet));
    if (n > 0) {
        uint8x16_t few = load_few(src, n);
        vst1q_u8(dst, encode12(few, alphabet));
        if (n > 12) vst1q_u8(dst + 16, encode12(vextq_u8(few, few, 12), alphabet));
    }
    if (padding > 0) end[-1] = '=';
    if (padding > 1) end[-2] = '=';
    return length;
}

struct tables {
    uint8x16x4_t low, high;
};

// What is no symbol gets the top bit; so does, by `faults`, what is beyond both tables.
STRONGROOM_INLINE uint8x16_t look_up(uint8x16_t symbols, struct tables t) {
    uint8x16_t low = vqtbl4q_u8(t.low, symbols);
    return vqtbx4q_u8(low, t.high, vsubq_u8(symbols, vdupq_n_u8(64)));
}

STRONGROOM_INLINE bool has_faults(uint8x16_t seen) {
    return vmaxvq_u8(seen) >= 0x80;
}

STRONGROOM_INLINE bool decode64(const uint8_t *src, struct tables t, uint8_t *dst) {
    uint8x16x4_t s = vld4q_u8(src);
    uint8x16_t a = look_up(s.val[0], t), b = look_up(s.val[1], t), c = look_up(s.val[2], t), d = look_up(s.val[3], t);
    uint8x16_t given = vorrq_u8(vorrq_u8(s.val[0], s.val[1]), vorrq_u8(s.val[2], s.val[3]));
    if (has_faults(vorrq_u8(given, vorrq_u8(vorrq_u8(a, b), vorrq_u8(c, d))))) return false;
    uint8x16x3_t bytes;
    bytes.val[0] = vorrq_u8(vshlq_n_u8(a, 2), vshrq_n_u8(b, 4));
    bytes.val[1] = vorrq_u8(vshlq_n_u8(b, 4), vshrq_n_u8(c, 2));
    bytes.val[2] = vorrq_u8(vshlq_n_u8(c, 6), d);
    vst3q_u8(dst, bytes);
    return true;
}

// Stores sixteen bytes, of which twelve count.
STRONGROOM_INLINE bool decode16(uint8x16_t symbols, struct tables t, uint8_t *dst) {
    static const uint8_t from_lanes[16] = {2, 1, 0, 6, 5, 4, 10, 9, 8, 14, 13, 12, 255, 255, 255, 255};
    uint8x16_t values = look_up(symbols, t);
    if (has_faults(vorrq_u8(symbols, values))) return false;
    uint32x4_t lanes = vreinterpretq_u32_u8(values);
    uint32x4_t first = vandq_u32(vshlq_n_u32(lanes, 18), vdupq_n_u32(0xfc0000));
    uint32x4_t second = vandq_u32(vshlq_n_u32(lanes, 4), vdupq_n_u32(0x3f000));
    uint32x4_t third = vandq_u32(vshrq_n_u32(lanes, 10), vdupq_n_u32(0xfc0));
    uint32x4_t quanta = vorrq_u32(vorrq_u32(first, second), vorrq_u32(third, vshrq_n_u32(lanes, 24)));
    vst1q_u8(dst, vqtbl1q_u8(vreinterpretq_u8_u32(quanta), vld1q_u8(from_lanes)));
    return true;
}

static size_t decode_blocks(const uint8_t *src, size_t n, uint8_t *dst) {
    size_t at = 0;
    // All but the last quantum.
    size_t whole = (n - 1) / 4 * 4;
    if (whole < 16) return 0;
    const struct tables t = {load_table(strongroom_base64_values), load_table(strongroom_base64_values + 64)};
    for (; whole - at >= 64; at += 64) {
        if (!decode64(src + at, t, dst + at / 4 * 3)) return at;
    }
    for (; whole - at >= 16; at += 16) {
        if (!decode16(vld1q_u8(src + at), t, dst + at / 4 * 3)) return at;
    }
    // The last sixteen once more rather than up to three quanta singly: those before `at` are known to be good.
    if (at < whole && decode16(vld1q_u8(src + whole - 16), t, dst + (whole - 16) / 4 * 3)) at = whole;
    return at;
}

// Four bits for each byte, all set where the run stops.
STRONGROOM_INLINE uint64_t stops(uint8x16_t text, bool plain) {
    uint8x16_t stop = vorrq_u8(vceqq_u8(text, vdupq_n_u8('\\')), vcltq_u8(text, vdupq_n_u8(0x20)));
    if (!plain) {
        stop = vorrq_u8(stop, vceqq_u8(text, vdupq_n_u8('"')));
    } else {
        // `<` and `>`, `"` and `&` differ in one bit each.
        uint8x16_t angle = vandq_u8(text, vdupq_n_u8(0xfd)), quote = vandq_u8(text, vdupq_n_u8(0xfb));
        stop = vorrq_u8(stop, vcgeq_u8(text, vdupq_n_u8(0x80)));
        stop = vorrq_u8(stop, vceqq_u8(angle, vdupq_n_u8('<')));
        stop = vorrq_u8(stop, vceqq_u8(quote, vdupq_n_u8('"')));
    }
    return vget_lane_u64(vreinterpret_u64_u8(vshrn_n_u16(vreinterpretq_u16_u8(stop), 4)), 0);
}

STRONGROOM_INLINE size_t run(const uint8_t *src, size_t n, bool plain) {
    if (n < 16) {
        uint64_t found = stops(load_few(src, n), plain) & ((UINT64_C(1) << (4 * n)) - 1);
        return found ? (size_t)__builtin_ctzll(found) / 4 : n;
    }
    size_t at = 0;
    for (; n - at >= 16; at += 16) {
        uint64_t found = stops(vld1q_u8(src + at), plain);
        if (found) return at + (size_t)__builtin_ctzll(found) / 4;
    }
    if (at == n) return n;
    uint64_t found = stops(vld1q_u8(src + n - 16), plain);
    return found ? n - 16 + (size_t)__builtin_ctzll(found) / 4 : n;
}

static size_t string_run(const uint8_t *src, size_t n) {
    return run(src, n, false);
}

static size_t plain_run(const uint8_t *src, size_t n) {
    return run(src, n, true);
}

const struct strongroom_codec STRONGROOM_CODEC(neon) = {
    STRONGROOM_SIMD_NEON, encode, decode_blocks, string_run, plain_run,
};
#endif
