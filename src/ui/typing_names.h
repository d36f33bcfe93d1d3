/* Made by tests/data/typing/names.py from screens/catalogue/communes.tsv and provinces.tsv: what the names of
 * the highlands have beyond the Vietnamese syllable. Do not edit; run it again when the tables change. */
#ifndef UI_TYPING_NAMES_H
#define UI_TYPING_NAMES_H

struct name {
	const char *bare, *marked;
};
static const struct name names[] = {
	{ "al", "al" }, { "ana", "ana" }, { "avuong", "avương" }, { "ayun", "ayun" },
	{ "bhang", "bhăng" }, { "bla", "bla" }, { "braih", "braih" }, { "buk", "búk" },
	{ "chro", "chro" }, { "cuor", "cuôr" }, { "dlie", "dliê" }, { "drang", "drang" },
	{ "dray", "dray" }, { "dreh", "dreh" }, { "droh", "droh" }, { "drong", "drông" },
	{ "drang", "drăng" }, { "drak", "drắk" }, { "dur", "dur" }, { "dee", "dêê" }, { "dok", "dơk" },
	{ "ea", "ea" }, { "gar", "gar" }, { "grai", "grai" }, { "hiao", "hiao" }, { "hine", "hine" },
	{ "hra", "hra" }, { "hrung", "hrung" }, { "hru", "hrú" }, { "huoai", "huoai" }, { "jut", "jút" },
	{ "kar", "kar" }, { "kbang", "kbang" }, { "kdang", "kdang" }, { "khal", "khăl" },
	{ "khuol", "khươl" }, { "kly", "kly" }, { "kmal", "kmăl" }, { "knuec", "knuếc" },
	{ "knop", "knốp" }, { "krey", "krey" }, { "krong", "krong" }, { "krai", "krái" },
	{ "krel", "krêl" }, { "krong", "krông" }, { "ktur", "ktur" }, { "lak", "lắk" }, { "mar", "mar" },
	{ "mil", "mil" }, { "ngok", "ngọk" }, { "nuol", "nuôl" }, { "pleiku", "pleiku" },
	{ "plo", "plô" }, { "plong", "plông" }, { "pnon", "pnôn" }, { "prao", "prao" },
	{ "pring", "pring" }, { "prong", "prông" }, { "pxi", "pxi" }, { "pek", "pék" }, { "pah", "păh" },
	{ "pal", "păl" }, { "puh", "pưh" }, { "rbol", "rbol" }, { "rsai", "rsai" }, { "rve", "rve" },
	{ "rve", "rvê" }, { "rok", "rốk" }, { "sro", "sró" }, { "somei", "sơmei" }, { "sak", "sắk" },
	{ "tul", "tul" }, { "tor", "tôr" }, { "teh", "tẻh" }, { "uar", "uar" }, { "wa", "wa" },
	{ "wer", "wer" }, { "wil", "wil" }, { "wy", "wy" }, { "ya", "ya" }, { "yang", "yang" },
	{ "ee", "êê" }, { "dak", "đak" }, { "dakrong", "đakrông" }, { "dal", "đal" }, { "dak", "đăk" },
	{ "dak", "đắk" },
};
static const char *const name_initials[] = {
	"bh", "bl", "br", "chr", "dl", "dr", "gr", "hr", "j", "kb", "kd", "kl", "km", "kn", "kr", "kt",
	"pl", "pn", "pr", "px", "rb", "rs", "rv", "sr",
};
static const struct name name_rimes[] = {
	{ "aih", "aih" }, { "ak", "ak" }, { "al", "al" }, { "ar", "ar" }, { "eh", "eh" }, { "er", "er" },
	{ "il", "il" }, { "oh", "oh" }, { "ol", "ol" }, { "uar", "uar" }, { "ul", "ul" }, { "ur", "ur" },
	{ "uol", "uôl" }, { "uor", "uôr" }, { "ek", "ék" }, { "el", "êl" }, { "or", "ôr" },
	{ "uk", "úk" }, { "ah", "ăh" }, { "ak", "ăk" }, { "al", "ăl" }, { "ok", "ơk" }, { "uh", "ưh" },
	{ "uol", "ươl" }, { "ak", "ắk" }, { "eh", "ẻh" }, { "ok", "ọk" }, { "ok", "ốk" },
};

#endif
