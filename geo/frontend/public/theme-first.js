// Sets the kept theme before the first paint; src/lib/theme.ts does the rest.
(function () {
  try {
    var theme = localStorage.getItem("chengkan.theme");
    if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
  } catch (error) {
    // No storage: the system's theme stands.
  }
})();
