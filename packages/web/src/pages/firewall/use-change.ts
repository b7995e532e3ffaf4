import { useMutation, useQueryClient, type UseMutationResult } from "@tanstack/react-query";
import { useToast } from "../../components/toasts.tsx";
import { FIREWALL } from "./firewall-queries.ts";

interface Change<Input, Output> {
  run: (input: Input) => Promise<Output>;
  /** What the toast says. */
  said: (output: Output, input: Input) => string;
  onDone?: (() => void) | undefined;
  /** Takes it back, where that is possible. */
  undo?: (input: Input) => Promise<unknown>;
}

/** Changes something of the firewall, after which all of it is read anew, and says so. */
export function useChange<Input = void, Output = unknown>({
  run,
  said,
  onDone,
  undo,
}: Change<Input, Output>): UseMutationResult<Output, Error, Input> {
  const client = useQueryClient();
  const tell = useToast();
  const refresh = async (): Promise<void> => await client.invalidateQueries({ queryKey: [FIREWALL] });
  return useMutation({
    mutationFn: run,
    async onSuccess(output, input) {
      await refresh();
      onDone?.();
      const back =
        undo === undefined ? undefined : { label: "Undo", run: () => void undo(input).then(refresh) };
      tell(said(output, input), back);
    },
  });
}
