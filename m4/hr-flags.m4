dnl SPDX-License-Identifier: BSD-3-Clause
# Compiler flags, each tried by itself with -Werror, so that a compiler which
# merely warns about an unknown flag does not get it.

# HR_TRY_FLAG(FLAGS, IF-KNOWN, IF-NOT): FLAGS must compile and link together.
AC_DEFUN([HR_TRY_FLAG],
[AC_MSG_CHECKING([whether $CC knows $1])
hr_try_cflags=$CFLAGS
hr_try_ldflags=$LDFLAGS
CFLAGS="$CFLAGS -Werror $1"
LDFLAGS="$LDFLAGS $1"
AC_LINK_IFELSE([AC_LANG_SOURCE([int main(void) { return 0; }])], [hr_known=yes], [hr_known=no])
CFLAGS=$hr_try_cflags
LDFLAGS=$hr_try_ldflags
AC_MSG_RESULT([$hr_known])
AS_IF([test "$hr_known" = yes], [$2], [$3])])

# HR_TRY_CFLAGS(LIST): adds to HR_CFLAGS those of LIST that the compiler knows.
AC_DEFUN([HR_TRY_CFLAGS],
[for hr_flag in m4_normalize([$1])
do
  HR_TRY_FLAG([$hr_flag], [HR_CFLAGS="$HR_CFLAGS $hr_flag"], [:])
done])

# HR_NEED_CFLAGS(LIST): adds all of LIST to HR_CFLAGS or gives up.
AC_DEFUN([HR_NEED_CFLAGS],
[for hr_flag in m4_normalize([$1])
do
  HR_TRY_FLAG([$hr_flag], [HR_CFLAGS="$HR_CFLAGS $hr_flag"],
	      [AC_MSG_ERROR([$CC does not know $hr_flag; gcc 9 or clang 11, or later, is needed])])
done])

# HR_INSTRUMENT(FLAGS): adds FLAGS to compiling and linking or gives up.
AC_DEFUN([HR_INSTRUMENT],
[HR_TRY_FLAG([$1], [HR_CFLAGS="$HR_CFLAGS $1"; HR_LDFLAGS="$HR_LDFLAGS $1"],
	     [AC_MSG_ERROR([$CC cannot build with $1])])])
