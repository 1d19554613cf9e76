/* SPDX-License-Identifier: Apache-2.0
 *
 * What unit tests are made of. A test program calls functions whose names are
 * sentences and ends with `return test_report();`. A failing check names its
 * place and both values, and the test goes on.
 */
#ifndef NND_TESTS_CHECK_H
#define NND_TESTS_CHECK_H

#include <math.h>
#include <stdio.h>
#include <string.h>

static int test_checks, test_failures;

#define CHECK(condition)                                                                           \
    do {                                                                                           \
        test_checks++;                                                                             \
        if (!(condition)) {                                                                        \
            test_failures++;                                                                       \
            printf("%s:%d: in %s: not true: %s\n", __FILE__, __LINE__, __func__, #condition);      \
        }                                                                                          \
    } while (0)

#define CHECK_EQ_INT(found, expected)                                                              \
    do {                                                                                           \
        long long found_ = (long long)(found), expected_ = (long long)(expected);                  \
        test_checks++;                                                                             \
        if (found_ != expected_) {                                                                 \
            test_failures++;                                                                       \
            printf("%s:%d: in %s: %s is %lld, expected %lld\n", __FILE__, __LINE__, __func__,      \
                   #found, found_, expected_);                                                     \
        }                                                                                          \
    } while (0)

#define CHECK_NEAR(found, expected, tolerance)                                                     \
    do {                                                                                           \
        double found_ = (found), expected_ = (expected);                                           \
        test_checks++;                                                                             \
        if (!(fabs(found_ - expected_) <= (tolerance))) {                                          \
            test_failures++;                                                                       \
            printf("%s:%d: in %s: %s is %.17g, expected %.17g\n", __FILE__, __LINE__, __func__,    \
                   #found, found_, expected_);                                                     \
        }                                                                                          \
    } while (0)

#define CHECK_STR_EQ(found, expected)                                                              \
    do {                                                                                           \
        const char *found_ = (found), *expected_ = (expected);                                     \
        test_checks++;                                                                             \
        if (!found_ || strcmp(found_, expected_) != 0) {                                           \
            test_failures++;                                                                       \
            printf("%s:%d: in %s: %s is \"%s\", expected \"%s\"\n", __FILE__, __LINE__, __func__,  \
                   #found, found_ ? found_ : "(null)", expected_);                                 \
        }                                                                                          \
    } while (0)

static inline int test_report(void)
{
    printf("%d checks, %d failed\n", test_checks, test_failures);
    return test_failures || !test_checks;
}

#endif
