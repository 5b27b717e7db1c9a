#include "reference.h"

#include <stdlib.h>
#include <string.h>

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static int bit_of(const uint8_t *src, size_t n, size_t bit) {
    return bit / 8 < n ? src[bit / 8] >> (7 - bit % 8) & 1 : 0;
}

size_t reference_encode(const uint8_t *src, size_t n, uint8_t *dst) {
    size_t symbols = (n * 8 + 5) / 6, length = 0;
    for (; length < symbols; length++) {
        int value = 0;
        for (size_t k = 0; k < 6; k++) value = value * 2 + bit_of(src, n, length * 6 + k);
        dst[length] = (uint8_t)alphabet[value];
    }
    while (length % 4 != 0) dst[length++] = '=';
    return length;
}

static int value_of(uint8_t c) {
    const char *found = c ? strchr(alphabet, c) : NULL;
    return found ? (int)(found - alphabet) : -1;
}

// The text without its line breaks, each character with its place in the original.
struct filtered {
    uint8_t text[LONGEST_TEXT];
    int64_t place[LONGEST_TEXT];
    size_t count;
};

static void filter(const uint8_t *src, size_t n, struct filtered *f) {
    f->count = 0;
    if (n > LONGEST_TEXT) abort();
    for (size_t i = 0; i < n; i++) {
        if (src[i] == 13 || src[i] == 10) continue;
        f->text[f->count] = src[i];
        f->place[f->count++] = (int64_t)i;
    }
}

// `at` is where the first `=` stands, `symbols` what came before it in its quantum. 0, or the error.
static int64_t check_padding(const struct filtered *f, size_t at, size_t symbols, size_t n) {
    size_t behind = at + 1;
    if (symbols == 2) {
        if (behind == f->count) return -1 - (int64_t)n;
        if (f->text[behind] != '=') return -1 - (f->place[behind] - 1);
        behind++;
    }
    return behind < f->count ? -1 - f->place[behind] : 0;
}

int64_t reference_decode(const uint8_t *src, size_t n, uint8_t *dst) {
    static struct filtered f;
    filter(src, n, &f);
    int64_t length = 0;
    for (size_t start = 0; start < f.count; start += 4) {
        int64_t value = 0;
        size_t symbols = 0;
        for (; symbols < 4; symbols++) {
            size_t i = start + symbols;
            if (i == f.count) return -1 - (int64_t)(n - symbols);
            int v = value_of(f.text[i]);
            if (v < 0) break;
            value = value * 64 + v;
        }
        size_t stop = start + symbols;
        if (symbols < 4) {
            if (f.text[stop] != '=' || symbols < 2) return -1 - f.place[stop];
            int64_t error = check_padding(&f, stop, symbols, n);
            if (error) return error;
        }
        for (size_t k = symbols; k < 4; k++) value *= 64;
        for (size_t k = 0; k + 1 < symbols; k++) dst[length++] = (uint8_t)(value >> (16 - 8 * k));
        if (symbols < 4) break;
    }
    return length;
}

size_t reference_run(const uint8_t *src, size_t n, bool plain) {
    const char *stops = plain ? "\"\\<>&" : "\"\\";
    for (size_t i = 0; i < n; i++) {
        if (src[i] < 32 || strchr(stops, src[i]) || (plain && src[i] >= 128)) return i;
    }
    return n;
}
