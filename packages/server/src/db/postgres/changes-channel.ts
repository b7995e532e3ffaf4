/** Name under which a transaction that appended to the change log notifies other processes. */
export const CHANGES_CHANNEL = "entrepot_changes";
