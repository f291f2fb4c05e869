// Runs before the first paint, so that a chosen theme does not flash the other one. Kept in step with app/theme.ts.
try {
  const theme = localStorage.getItem("pixsim.theme");
  if (theme === "light" || theme === "dark") {
    document.documentElement.dataset.theme = theme;
  }
} catch {
  // Storage is forbidden: the system's theme holds.
}
