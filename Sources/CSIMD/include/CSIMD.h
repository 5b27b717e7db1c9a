/// Base64 (RFC 4648) and JSON string scanning over raw bytes, with the widest vector unit this processor has.
///
/// Every level gives the same bytes, lengths and error offsets; `.ci/check-simd` holds them to one reference.
/// Nothing here allocates, locks or fails other than by its return value. Buffers must not overlap. A pointer may be
/// null when its length is 0. All functions may be called from any thread.
#ifndef STRONGROOM_CSIMD_H
#define STRONGROOM_CSIMD_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// The kernels, in rising order; a processor has the scalar one, and NEON or some of the AVX ones.
enum {
    STRONGROOM_SIMD_SCALAR = 0,
    STRONGROOM_SIMD_NEON = 1,
    STRONGROOM_SIMD_AVX2 = 2,
    STRONGROOM_SIMD_AVX512VBMI = 3
};

/// The highest level that the processor has and whose registers the operating system saves.
/// Cost: a few CPUID instructions, which a hypervisor may trap (microseconds).
int strongroom_simd_best(void);

/// The level in force. Before anything selects one it is `strongroom_simd_best()`, set as the program is loaded.
int strongroom_simd_current(void);

/// Puts `level` in force for the whole process, or the best available below it, and returns which.
/// For tests, benchmarks and a setting that distrusts a vector unit. Calls under way finish at their old level.
int strongroom_simd_select(int level);

/// Encodes `src[0, n)` in the standard alphabet with padding and returns the length of the text, `4 * ceil(n / 3)`.
///
/// Layout: `text(4 * ceil(n / 3)) ‖ slack(64)`; `dst` has room for both, the slack is left holding junk.
/// Whole vectors are stored because a masked store delays whoever reads the text next.
/// Source: RFC 4648 section 4.
size_t strongroom_base64_encode(const uint8_t *src, size_t n, uint8_t *dst);

/// Decodes the text `src[0, n)` and returns the number of bytes, or `-1 - offset` for the first error.
///
/// Standard alphabet; padding is mandatory; CR and LF are skipped wherever they stand; any other byte is an error;
/// bits left over in the last symbol may have any value. The offset counts bytes of the text, CR and LF included:
/// - a byte that does not belong: its offset (also `=` as first or second symbol of a quantum);
/// - text that ends inside a quantum: `n` less the symbols that the quantum has got;
/// - `xx=` at the end of the text: `n`; `xx=` before anything but `=`: one less than the offset of that thing;
/// - anything after complete padding: its offset.
///
/// Layout: `bytes(at most n / 4 * 3) ‖ slack(67)`; `dst` has room for both, what follows the result is junk,
/// and so is everything after an error.
/// Source: RFC 4648 section 4; the offsets are those of Go's `encoding/base64`, which clients get to see.
int64_t strongroom_base64_decode(const uint8_t *src, size_t n, uint8_t *dst);

/// The number of leading bytes of `src[0, n)` that are neither `"` nor `\` nor below 0x20; `n` if all are such.
/// For readers: where the body of a JSON string stops being plain. UTF-8 passes unexamined.
/// Source: RFC 8259 section 7.
size_t strongroom_json_string_run(const uint8_t *src, size_t n);

/// The same, but `<`, `>`, `&` and bytes from 0x80 up stop it too; 0x7f does not.
/// For writers: what may be copied into a JSON string as it stands.
size_t strongroom_json_plain_run(const uint8_t *src, size_t n);

#ifdef __cplusplus
}
#endif

#endif
