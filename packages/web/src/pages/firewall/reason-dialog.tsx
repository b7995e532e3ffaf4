import { useState, type ReactElement, type ReactNode } from "react";
import { ConfirmDialog } from "../../components/dialog.tsx";
import { TextField } from "../../components/field.tsx";

interface ReasonProps {
  title: string;
  verb: string;
  look?: "danger" | "primary";
  /** What the field is called; `Reason` unless given. */
  label?: string;
  isRequired?: boolean;
  /** What has to be typed first. */
  typed?: string;
  isBusy: boolean;
  problem: unknown;
  onClose: () => void;
  onConfirm: (reason: string) => void;
  children?: ReactNode;
}

/** Asks for a decision together with the reason for it. Put it into the page when it is to be open. */
export function ReasonDialog({
  label = "Reason",
  isRequired = false,
  children,
  onConfirm,
  ...dialog
}: ReasonProps): ReactElement {
  const [reason, setReason] = useState("");
  return (
    <ConfirmDialog {...dialog} isOpen onConfirm={() => onConfirm(reason.trim())}>
      {children}
      <TextField
        label={label}
        required={isRequired}
        maxLength={500}
        value={reason}
        onChange={({ target }) => setReason(target.value)}
      />
    </ConfirmDialog>
  );
}
