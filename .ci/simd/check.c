// Runs every kernel of CSIMD on what could part it from the reference. Started by .ci/check-simd.
#include "harness.h"

#include <stdlib.h>

static uint8_t bytes[LONGEST_TEXT], text[LONGEST_TEXT];

// Texts and offsets answered by a running server of the incumbent (spec 1.4) and by Go 1.19's encoding/base64.
static void known_answers(void) {
    check_decode_is("not base64!", -1 - 3);
    check_decode_is("!!", -1 - 0);
    check_decode_is("aGVsbG8", -1 - 4);
    check_decode_is("aGVsbG8==", -1 - 8);
    check_decode_is("aGVsbG8=aGVs", -1 - 8);
    check_decode_is("aGVs bG8=", -1 - 4);
    check_decode_is("_-8=", -1 - 0);
    check_decode_is("aGVsbG8=", 5);
    check_decode_is("aGVsbG9=", 5);
    check_decode_is("aGVs\r\nbG8=\n", 5);
    check_decode_is("aGVsbA\n=\r=\n", 4);
    check_decode_is("\n", 0);
    check_decode_is("aGVsbA=", -1 - 7);
    check_decode_is("aGVsbA=\n", -1 - 8);
    check_decode_is("aGVsbA=A", -1 - 6);
    check_decode_is("aGVsbA=\r\nA", -1 - 8);
    check_decode_is("aGVsbA==\n\nA", -1 - 10);
    check_decode_is("aGVsb\nG8", -1 - 5);
    check_decode_is("aGVsbG8\n\n", -1 - 6);
    check_decode_is("=", -1 - 0);
    check_decode_is("A=AA", -1 - 1);
}

static void encode_all_lengths(void) {
    for (size_t n = 0; n <= 400; n++) {
        for (int round = 0; round < 6; round++) {
            fill_random(bytes, n);
            check_encode(bytes, n);
        }
        memset(bytes, 0xff, n);
        check_encode(bytes, n);
    }
    // Every two bytes in every place of a block, so every value of every symbol.
    for (uint32_t two = 0; two < 65536; two++) {
        size_t n = 2 + two % 97;
        memset(bytes, (int)(two & 0xff), n);
        for (size_t i = 0; i + 1 < n; i += 2) bytes[i] = (uint8_t)(two >> 8);
        check_encode(bytes, n);
    }
}

// Puts a line break before about one in `spacing` characters, or after each 76th (as MIME does) when 0.
static size_t sprinkle(const uint8_t *src, size_t n, uint32_t spacing, uint8_t *dst) {
    static const char *const breaks[] = {"\n", "\r", "\r\n", "\n\n"};
    size_t length = 0;
    for (size_t i = 0; i <= n; i++) {
        bool due = spacing ? next_random() % spacing == 0 : i > 0 && i % 76 == 0;
        const char *s = due ? breaks[spacing ? next_random() % 4 : 2] : "";
        while (*s) dst[length++] = (uint8_t)*s++;
        if (i < n) dst[length++] = src[i];
    }
    return length;
}

static void decode_all_lengths(void) {
    static uint8_t broken[3 * LONGEST_TEXT];
    static const uint32_t spacings[] = {0, 2, 9, 40, 150};
    for (size_t n = 0; n <= 400; n++) {
        fill_random(bytes, n);
        size_t length = reference_encode(bytes, n, text);
        check_decode(text, length);
        check_fast_road(text, length);
        for (size_t s = 0; s < sizeof spacings / sizeof *spacings; s++) {
            size_t longer = sprinkle(text, length, spacings[s], broken);
            check_decode(broken, longer);
            for (size_t cut = 0; cut < 3 && cut < longer; cut++) {
                check_decode(broken, longer - 1 - next_random() % 5 % longer);
                check_decode(broken + cut, longer - cut);
            }
        }
    }
}

static void every_corruption(void) {
    for (size_t n = 0; n <= 75; n++) {
        fill_random(bytes, n);
        size_t length = reference_encode(bytes, n, text);
        for (size_t at = 0; at < length; at++) {
            uint8_t good = text[at];
            for (int c = 0; c < 256; c++) {
                text[at] = (uint8_t)c;
                check_decode(text, length);
            }
            text[at] = good;
        }
    }
    // Longer ones, where only a few bytes are worth trying.
    static const uint8_t worth[] = {0, '\n', '\r', ' ', '-', '_', '=', '@', '[', '`', '{', 0x7f, 0x80, 0xc1, 0xff};
    for (size_t n = 90; n <= 330; n += 5) {
        fill_random(bytes, n);
        size_t length = reference_encode(bytes, n, text);
        for (size_t at = 0; at < length; at++) {
            uint8_t good = text[at];
            text[at] = worth[next_random() % sizeof worth];
            check_decode(text, length);
            text[at] = good;
        }
    }
}

static void every_truncation(void) {
    static uint8_t broken[3 * LONGEST_TEXT];
    for (size_t n = 0; n <= 80; n++) {
        fill_random(bytes, n);
        size_t length = sprinkle(text, reference_encode(bytes, n, text), n % 2 ? 1000000 : 12, broken);
        for (size_t cut = 0; cut <= length; cut++) {
            check_decode(broken, cut);
            check_decode(broken + cut, length - cut);
        }
    }
}

// Every ending of up to six characters that could matter, behind so many whole quanta.
static void every_ending(size_t quanta) {
    static const char kinds[] = {'A', '=', '\n', '/', '!'};
    enum { KINDS = sizeof kinds, LONGEST = 6 };
    for (size_t i = 0; i < quanta * 4; i++) text[i] = (uint8_t)"ABCDwxyz0189+/QZ"[next_random() % 16];
    uint32_t count = 1;
    for (size_t longest = 1; longest <= LONGEST; longest++) {
        count *= KINDS;
        for (uint32_t which = 0; which < count; which++) {
            uint32_t rest = which;
            for (size_t k = 0; k < longest; k++, rest /= KINDS) text[quanta * 4 + k] = (uint8_t)kinds[rest % KINDS];
            check_decode(text, quanta * 4 + longest);
        }
    }
}

static void runs_with_one_stop(void) {
    for (size_t n = 0; n <= 70; n++) {
        for (size_t at = 0; at < n; at++) {
            for (int c = 0; c < 256; c++) {
                memset(bytes, c % 2 ? ' ' : 0x7f, n);
                bytes[at] = (uint8_t)c;
                check_runs(bytes, n);
            }
        }
    }
}

static void runs_at_every_length(void) {
    static const uint8_t plain[] = "abc XYZ 019 !#%'()*+,-./:;=?@[]^_`{|}~\x7f";
    static const uint8_t stops[] = {'"', '\\', 0, 0x1f, '\n', '<', '>', '&', 0x80, 0xc3, 0xff};
    for (size_t n = 0; n <= 300; n++) {
        for (size_t i = 0; i < n; i++) bytes[i] = plain[next_random() % (sizeof plain - 1)];
        check_runs(bytes, n);
        for (size_t at = 0; at < n; at++) {
            uint8_t good = bytes[at];
            bytes[at] = stops[next_random() % sizeof stops];
            check_runs(bytes, n);
            // A second stop behind the first must change nothing.
            uint8_t later = bytes[n - 1];
            bytes[n - 1] = '"';
            check_runs(bytes, n);
            bytes[n - 1] = later;
            bytes[at] = good;
        }
        fill_random(bytes, n);
        check_runs(bytes, n);
    }
}

// The kernels again, in heap blocks of just the right size and at every alignment, through the public functions.
static void public_functions(void) {
    int best = strongroom_simd_best();
    check_that(strongroom_simd_current() == best, "the best level is in force from the start");
    check_that(strongroom_simd_select(99) == best, "a level above the best selects the best");
    check_that(strongroom_simd_select(-7) == STRONGROOM_SIMD_SCALAR, "a level below all selects the scalar one");
    check_that(strongroom_base64_encode(NULL, 0, NULL) == 0, "nothing encodes to nothing");
    check_that(strongroom_base64_decode(NULL, 0, NULL) == 0, "nothing decodes to nothing");
    check_that(strongroom_json_string_run(NULL, 0) + strongroom_json_plain_run(NULL, 0) == 0, "nothing has no run");
    for (int level = STRONGROOM_SIMD_SCALAR; level <= STRONGROOM_SIMD_AVX512VBMI; level++) {
        int now = strongroom_simd_select(level);
        check_that(now <= level && now == strongroom_simd_current(), "the level in force is the one reported");
        for (size_t n = 1; n <= 200; n++) {
            size_t shift = n * 7 % 64, length = (n + 2) / 3 * 4;
            uint8_t *plain = malloc(shift + n), *code = malloc(shift + length + 64), *exact = malloc(length);
            uint8_t *back = malloc(shift + length / 4 * 3 + 67);
            fill_random(plain + shift, n);
            bool same = strongroom_base64_encode(plain + shift, n, code + shift) == length;
            memcpy(exact, code + shift, length);
            same = same && strongroom_base64_decode(exact, length, back + shift) == (int64_t)n;
            same = same && memcmp(back + shift, plain + shift, n) == 0;
            same = same && strongroom_json_string_run(exact, length) == length;
            check_that(same && strongroom_json_plain_run(exact, length) == length, "a text comes back");
            free(plain), free(code), free(exact), free(back);
        }
    }
    strongroom_simd_select(best);
}

int main(void) {
    static const size_t quanta[] = {0, 1, 2, 4, 7, 8, 9, 15, 16, 17, 24};
    harness_start();
    public_functions();
    known_answers();
    encode_all_lengths();
    decode_all_lengths();
    every_corruption();
    every_truncation();
    for (size_t i = 0; i < sizeof quanta / sizeof *quanta; i++) every_ending(quanta[i]);
    runs_with_one_stop();
    runs_at_every_length();
    return harness_finish();
}
