/**
 * Lint rules of our own, loaded by oxlint as a plugin.
 * `no-module-state`: a module keeps no state of its own, so `let` at the top of a module is refused;
 * state lives in what a `create…` function returns.
 */
const noModuleState = {
  meta: {
    type: "problem",
    messages: { state: "Module-level state: create it in a function and hand it on." },
  },
  create(context) {
    return {
      VariableDeclaration(node) {
        const isTop = node.parent?.type === "Program" || node.parent?.type === "ExportNamedDeclaration";
        if (isTop && node.kind !== "const") context.report({ node, messageId: "state" });
      },
    };
  },
};

export default { meta: { name: "entrepot" }, rules: { "no-module-state": noModuleState } };
