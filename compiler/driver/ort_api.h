/* SPDX-License-Identifier: Apache-2.0
 *
 * The part of ONNX Runtime's C interface that is used here, as its library lays it out: a table of functions
 * in an order that never changes (its release notes promise that of every entry, the static assertions of its
 * own source check it). Declared here so that building needs no header that Debian lacks. Statuses are NULL
 * if all is well.
 */
#ifndef NND_COMPILER_DRIVER_ORT_API_H
#define NND_COMPILER_DRIVER_ORT_API_H

#include <stddef.h>
#include <stdint.h>

typedef struct OrtStatus OrtStatus;
typedef struct OrtEnv OrtEnv;
typedef struct OrtSession OrtSession;
typedef struct OrtSessionOptions OrtSessionOptions;
typedef struct OrtRunOptions OrtRunOptions;
typedef struct OrtMemoryInfo OrtMemoryInfo;
typedef struct OrtValue OrtValue;
typedef struct OrtTensorInfo OrtTensorInfo;

enum { ORT_API_VERSION = 1, ORT_LOG_ERRORS = 3, ORT_SEQUENTIAL = 0, ORT_ALL_OPTIMISATIONS = 99 };
enum { ORT_ARENA_ALLOCATOR = 1, ORT_DEFAULT_MEMORY = 0 };
enum { ORT_FLOAT = 1, ORT_INT32 = 6 }; /* types of elements */

typedef void OrtUnused(void);

typedef struct OrtApi {
    OrtUnused *before_error[2];
    const char *(*error_message)(const OrtStatus *status); /* 2 */
    OrtStatus *(*create_env)(int level, const char *id, OrtEnv **out);
    OrtUnused *before_session[4];
    OrtStatus *(*create_session_from_array)(const OrtEnv *env, const void *data, size_t size,
                                            const OrtSessionOptions *options, OrtSession **out); /* 8 */
    OrtStatus *(*run)(OrtSession *session, const OrtRunOptions *options, const char *const *input_names,
                      const OrtValue *const *inputs, size_t input_count, const char *const *output_names,
                      size_t output_count, OrtValue **outputs);
    OrtStatus *(*create_session_options)(OrtSessionOptions **out);
    OrtUnused *before_execution_mode[2];
    OrtStatus *(*set_execution_mode)(OrtSessionOptions *options, int mode); /* 13 */
    OrtUnused *before_optimisation[9];
    OrtStatus *(*set_optimisation_level)(OrtSessionOptions *options, int level); /* 23 */
    OrtStatus *(*set_threads_in_operators)(OrtSessionOptions *options, int threads);
    OrtStatus *(*set_threads_between_operators)(OrtSessionOptions *options, int threads);
    OrtUnused *before_tensor[23];
    OrtStatus *(*create_tensor_with_data)(const OrtMemoryInfo *memory, void *data, size_t size, const int64_t *dims,
                                          size_t rank, int type, OrtValue **out); /* 49 */
    OrtUnused *before_tensor_data[1];
    OrtStatus *(*tensor_data)(OrtValue *value, void **out); /* 51 */
    OrtUnused *before_count[12];
    OrtStatus *(*element_count)(const OrtTensorInfo *info, size_t *out); /* 64 */
    OrtStatus *(*tensor_info)(const OrtValue *value, OrtTensorInfo **out);
    OrtUnused *before_memory[3];
    OrtStatus *(*create_cpu_memory_info)(int allocator, int memory, OrtMemoryInfo **out); /* 69 */
    OrtUnused *before_release[22];
    void (*release_env)(OrtEnv *env); /* 92 */
    void (*release_status)(OrtStatus *status);
    void (*release_memory_info)(OrtMemoryInfo *info);
    void (*release_session)(OrtSession *session);
    void (*release_value)(OrtValue *value);
    OrtUnused *before_release_info[2];
    void (*release_tensor_info)(OrtTensorInfo *info); /* 99 */
    void (*release_session_options)(OrtSessionOptions *options);
} OrtApi;

_Static_assert(offsetof(OrtApi, release_session_options) == 100 * sizeof(OrtUnused *),
               "places in the table of functions");

typedef struct OrtApiBase {
    const OrtApi *(*get_api)(uint32_t version);
    const char *(*version)(void);
} OrtApiBase;

#endif
