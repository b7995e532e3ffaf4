import type { ComponentPropsWithRef, ReactElement } from "react";

/** Says who is signed in, and opens their menu. */
export function UserButton({
  user,
  ...rest
}: ComponentPropsWithRef<"button"> & { user: string }): ReactElement {
  return (
    <button
      type="button"
      {...rest}
      aria-label={`Signed in as ${user}`}
      className="grid size-8 place-items-center rounded-full bg-accent-soft text-sm font-semibold text-accent uppercase"
    >
      {user.slice(0, 1)}
    </button>
  );
}
