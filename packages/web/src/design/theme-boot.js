// Runs before the first paint, so that no page flashes in the other theme. Kept outside the program for that.
try {
  const theme = localStorage.getItem("entrepot.theme");
  if (theme === "dark" || theme === "light") document.documentElement.dataset.theme = theme;
} catch {
  // Storage may be switched off; then the system's theme it is.
}
