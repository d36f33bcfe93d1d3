/* Vietnamese words for numbers and dates, as declarations want them written out ("ghi bằng chữ"). */
#ifndef WIZARD_WORDS_H
#define WIZARD_WORDS_H

#include <stddef.h>

/* 0 to 9999: "hai nghìn không trăm hai mươi sáu". Empty for anything else. */
void words_number(int n, char *out, size_t room);
/* "dd/mm/yyyy" -> "ngày mười lăm tháng mười năm hai nghìn không trăm hai mươi sáu"; empty when it is no such date. */
void words_date(const char *date, char *out, size_t room);

#endif
