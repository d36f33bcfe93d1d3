/* tramky-store: drafts, outbox, history. Resident; what it answers has reached the disk. */
#include "store/verbs.h"

int main(int argc, char **argv)
{
	return job_main(argc, argv, JOB_STORE, store_verbs, store_verb_count);
}
