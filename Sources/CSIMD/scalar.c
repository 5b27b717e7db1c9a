// The level every processor has, and the slow road of base64 decoding that all levels share.
#include "kernels.h"

const uint8_t strongroom_base64_alphabet[64] = {
    'A', 'B', 'C', 'D', 'E', 'F', 'G', 'H', 'I', 'J', 'K', 'L', 'M', 'N', 'O', 'P',
    'Q', 'R', 'S', 'T', 'U', 'V', 'W', 'X', 'Y', 'Z', 'a', 'b', 'c', 'd', 'e', 'f',
    'g', 'h', 'i', 'j', 'k', 'l', 'm', 'n', 'o', 'p', 'q', 'r', 's', 't', 'u', 'v',
    'w', 'x', 'y', 'z', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', '+', '/',
};

#define NO 0xff
#define SIXTEEN_NO NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO

const uint8_t strongroom_base64_values[256] = {
    SIXTEEN_NO, SIXTEEN_NO,
    NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, 62, NO, NO, NO, 63,
    52, 53, 54, 55, 56, 57, 58, 59, 60, 61, NO, NO, NO, NO, NO, NO,
    NO, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14,
    15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, NO, NO, NO, NO, NO,
    NO, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40,
    41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, NO, NO, NO, NO, NO,
    SIXTEEN_NO, SIXTEEN_NO, SIXTEEN_NO, SIXTEEN_NO, SIXTEEN_NO, SIXTEEN_NO, SIXTEEN_NO, SIXTEEN_NO,
};

// Twelve bits to two symbols: half the look-ups of one symbol at a time, for 8 KiB of cache.
#define ROW(a) \
    {a, 'A'}, {a, 'B'}, {a, 'C'}, {a, 'D'}, {a, 'E'}, {a, 'F'}, {a, 'G'}, {a, 'H'}, {a, 'I'}, {a, 'J'}, {a, 'K'}, \
    {a, 'L'}, {a, 'M'}, {a, 'N'}, {a, 'O'}, {a, 'P'}, {a, 'Q'}, {a, 'R'}, {a, 'S'}, {a, 'T'}, {a, 'U'}, {a, 'V'}, \
    {a, 'W'}, {a, 'X'}, {a, 'Y'}, {a, 'Z'}, {a, 'a'}, {a, 'b'}, {a, 'c'}, {a, 'd'}, {a, 'e'}, {a, 'f'}, {a, 'g'}, \
    {a, 'h'}, {a, 'i'}, {a, 'j'}, {a, 'k'}, {a, 'l'}, {a, 'm'}, {a, 'n'}, {a, 'o'}, {a, 'p'}, {a, 'q'}, {a, 'r'}, \
    {a, 's'}, {a, 't'}, {a, 'u'}, {a, 'v'}, {a, 'w'}, {a, 'x'}, {a, 'y'}, {a, 'z'}, {a, '0'}, {a, '1'}, {a, '2'}, \
    {a, '3'}, {a, '4'}, {a, '5'}, {a, '6'}, {a, '7'}, {a, '8'}, {a, '9'}, {a, '+'}, {a, '/'}

static const uint8_t pairs[4096][2] = {
    ROW('A'), ROW('B'), ROW('C'), ROW('D'), ROW('E'), ROW('F'), ROW('G'), ROW('H'),
    ROW('I'), ROW('J'), ROW('K'), ROW('L'), ROW('M'), ROW('N'), ROW('O'), ROW('P'),
    ROW('Q'), ROW('R'), ROW('S'), ROW('T'), ROW('U'), ROW('V'), ROW('W'), ROW('X'),
    ROW('Y'), ROW('Z'), ROW('a'), ROW('b'), ROW('c'), ROW('d'), ROW('e'), ROW('f'),
    ROW('g'), ROW('h'), ROW('i'), ROW('j'), ROW('k'), ROW('l'), ROW('m'), ROW('n'),
    ROW('o'), ROW('p'), ROW('q'), ROW('r'), ROW('s'), ROW('t'), ROW('u'), ROW('v'),
    ROW('w'), ROW('x'), ROW('y'), ROW('z'), ROW('0'), ROW('1'), ROW('2'), ROW('3'),
    ROW('4'), ROW('5'), ROW('6'), ROW('7'), ROW('8'), ROW('9'), ROW('+'), ROW('/'),
};

STRONGROOM_INLINE void put_quantum(uint32_t bits, uint8_t *dst) {
    memcpy(dst, pairs[bits >> 12], 2);
    memcpy(dst + 2, pairs[bits & 0xfff], 2);
}

static size_t encode(const uint8_t *src, size_t n, uint8_t *dst) {
    uint8_t *out = dst;
    for (; n >= 8; n -= 6, src += 6, out += 8) {
        // Eight bytes in one load, of which the upper six count.
        uint64_t word = strongroom_load64(src);
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
        word = __builtin_bswap64(word);
#endif
        put_quantum(word >> 40, out);
        put_quantum(word >> 16 & 0xffffff, out + 4);
    }
    for (; n >= 3; n -= 3, src += 3, out += 4) {
        put_quantum((uint32_t)src[0] << 16 | (uint32_t)src[1] << 8 | src[2], out);
    }
    if (n == 0) return out - dst;
    put_quantum((uint32_t)src[0] << 16 | (n == 2 ? (uint32_t)src[1] << 8 : 0), out);
    out[3] = '=';
    if (n == 1) out[2] = '=';
    return out + 4 - dst;
}

// Stores four bytes, of which three count: one store instead of three.
STRONGROOM_INLINE void put_bytes(uint32_t bits, uint8_t *dst) {
    uint32_t word = bits << 8;
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    word = __builtin_bswap32(word);
#endif
    memcpy(dst, &word, sizeof word);
}

STRONGROOM_INLINE size_t decode_blocks_inline(const uint8_t *src, size_t n, uint8_t *dst) {
    const uint8_t *values = strongroom_base64_values;
    size_t at = 0;
    for (; n - at > 4; at += 4, dst += 3) {
        uint8_t a = values[src[at]], b = values[src[at + 1]], c = values[src[at + 2]], d = values[src[at + 3]];
        if ((a | b | c | d) & 0x80) break;
        put_bytes((uint32_t)a << 18 | (uint32_t)b << 12 | (uint32_t)c << 6 | d, dst);
    }
    return at;
}

static size_t decode_blocks(const uint8_t *src, size_t n, uint8_t *dst) {
    return decode_blocks_inline(src, n, dst);
}

// The four last characters of nearly every text. Returns the number of bytes, 0 if `decode_quantum` must look.
STRONGROOM_INLINE int64_t decode_last(const uint8_t *src, uint8_t *dst) {
    const uint8_t *values = strongroom_base64_values;
    uint8_t a = values[src[0]], b = values[src[1]], c = values[src[2]], d = values[src[3]];
    uint32_t bits = (uint32_t)a << 18 | (uint32_t)b << 12 | (uint32_t)(c & 63) << 6 | (d & 63);
    if ((a | b) & 0x80) return 0;
    put_bytes(bits, dst);
    if (!((c | d) & 0x80)) return 3;
    if (src[3] != '=') return 0;
    return src[2] == '=' ? 1 : c & 0x80 ? 0 : 2;
}

static int64_t error_at(size_t offset) {
    return -1 - (int64_t)offset;
}

static size_t skip_breaks(const uint8_t *src, size_t n, size_t at) {
    while (at < n && (src[at] == '\r' || src[at] == '\n')) at++;
    return at;
}

// The rest of the text once the first `=` has been read, which stood behind `symbols` (2 or 3) symbols of its quantum.
static int64_t decode_padded(
    const uint8_t *src, size_t n, size_t *at, uint32_t bits, int symbols, uint8_t *dst) {
    size_t i = *at;
    if (symbols == 2) {
        i = skip_breaks(src, n, i);
        if (i == n) return error_at(n);
        // Compatibility: one before the stray character, which is the first `=` only if no line break stands between.
        if (src[i] != '=') return error_at(i - 1);
        i++;
    }
    i = skip_breaks(src, n, i);
    if (i < n) return error_at(i);
    put_bytes(bits << 6 * (4 - symbols), dst);
    *at = n;
    return symbols - 1;
}

// One quantum, symbol by symbol. Moves `at` behind it and returns how many bytes it held (0: only line breaks were
// left), or the error.
static int64_t decode_quantum(const uint8_t *src, size_t n, size_t *at, uint8_t *dst) {
    uint32_t bits = 0;
    int symbols = 0;
    size_t i = *at;
    while (symbols < 4) {
        if (i == n) {
            *at = n;
            // Compatibility: counted back from the end, so line breaks within or after the quantum shift the offset.
            return symbols == 0 ? 0 : error_at(n - (size_t)symbols);
        }
        uint8_t c = src[i++], value = strongroom_base64_values[c];
        if (value < 64) {
            bits = bits << 6 | value;
            symbols++;
        } else if (c == '=' && symbols >= 2) {
            *at = i;
            return decode_padded(src, n, at, bits, symbols, dst);
        } else if (c != '\r' && c != '\n') {
            return error_at(i - 1);
        }
    }
    put_bytes(bits, dst);
    *at = i;
    return 3;
}

// Apart, so that the usual ending is reached without saving the registers that only this needs.
static __attribute__((noinline)) int64_t decode_slowly(
    strongroom_decode_blocks *blocks, const uint8_t *src, size_t n, size_t at, uint8_t *dst) {
    size_t out = at / 4 * 3;
    for (;;) {
        size_t plain = decode_blocks_inline(src + at, n - at, dst + out);
        at += plain;
        out += plain / 4 * 3;
        int64_t got = decode_quantum(src, n, &at, dst + out);
        if (got < 0) return got;
        out += (size_t)got;
        if (at == n) return (int64_t)out;
        plain = blocks(src + at, n - at, dst + out);
        at += plain;
        out += plain / 4 * 3;
    }
}

int64_t strongroom_base64_decode_rest(
    strongroom_decode_blocks *blocks, const uint8_t *src, size_t n, size_t at, uint8_t *dst) {
    if (n - at == 4) {
        size_t out = at / 4 * 3;
        int64_t last = decode_last(src + at, dst + out);
        if (last > 0) return (int64_t)out + last;
    }
    return decode_slowly(blocks, src, n, at, dst);
}

static size_t string_run(const uint8_t *src, size_t n) {
    size_t at = 0;
    while (at < n && src[at] >= 0x20 && src[at] != '"' && src[at] != '\\') at++;
    return at;
}

static bool is_plain(uint8_t c) {
    // 0x3c and 0x3e, 0x22 and 0x26 differ in one bit each.
    return c >= 0x20 && c < 0x80 && (c & 0xfd) != '<' && (c & 0xfb) != '"' && c != '\\';
}

static size_t plain_run(const uint8_t *src, size_t n) {
    size_t at = 0;
    while (at < n && is_plain(src[at])) at++;
    return at;
}

const struct strongroom_codec strongroom_codec_scalar = {
    STRONGROOM_SIMD_SCALAR, encode, decode_blocks, string_run, plain_run,
};
