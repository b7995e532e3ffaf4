import { useMutation, useQueryClient, type UseMutationResult } from "@tanstack/react-query";
import { api } from "../../api/client.ts";
import { useToast } from "../../components/toasts.tsx";

/** A change of a package, and what takes it back. */
export interface Change {
  method: "PUT" | "POST" | "DELETE";
  path: string;
  body?: unknown;
  /** Said when it is done. */
  done: string;
  /** Left out where it cannot be taken back. */
  undo?: Change;
}

/** Sends a change of a package, tells of it with a way back, and reads anew what it made old. */
export function useChange(onDone?: () => void | Promise<void>): UseMutationResult<void, Error, Change> {
  const client = useQueryClient();
  const tell = useToast();
  const changing = useMutation({
    async mutationFn({ method, path, body }: Change) {
      await api.call(path, { method, ...(body === undefined ? {} : { body }) });
    },
    async onSuccess(_answer, { done, undo }) {
      // It may lead away from what is no more, which must not be read again.
      await onDone?.();
      await client.invalidateQueries({ queryKey: ["packages"] });
      await client.invalidateQueries({ queryKey: ["registries"] });
      const back = undo === undefined ? undefined : { label: "Undo", run: () => changing.mutate(undo) };
      tell(done, back);
    },
  });
  return changing;
}
