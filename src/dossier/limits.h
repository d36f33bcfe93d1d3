/* How large a dossier may grow. Reading refuses what is larger, so writing keeps below. */
#ifndef DOSSIER_LIMITS_H
#define DOSSIER_LIMITS_H

enum {
	DOSSIER_TEXT_MAX = 16384,      /* bytes of one text; the longest component text of the national list has 9 KB */
	DOSSIER_KEY_MAX = 64,          /* bytes of a field id */
	DOSSIER_COMPONENTS_MAX = 128,  /* the national list has at most 111 in one procedure */
	DOSSIER_FILES_MAX = 32,        /* of one component */
	DOSSIER_ANSWERS_MAX = 500,
	DOSSIER_PERSON_MAX = 40,
	DOSSIER_PENDING_DEPTH = 6,
	DOSSIER_PENDING_NODES = 1000,
};

#endif
