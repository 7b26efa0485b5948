// Whatever can scroll sideways (tables, code, wide figures) gets a place in the tab order, so that the keyboard can scroll them.
document$.subscribe(() => {
  for (const box of document.querySelectorAll(".md-typeset__scrollwrap, .md-typeset pre > code, figure.wide > p")) box.tabIndex = 0;
  const search = document.querySelector('[data-md-component="search"][role="dialog"]');
  if (search) search.setAttribute("aria-label", "Search");
});
