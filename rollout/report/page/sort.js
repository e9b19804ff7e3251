for (const table of document.querySelectorAll('table.sheet')) {
  const body = table.tBodies[0], heads = [...table.tHead.rows[0].cells];
  const key = (row, i) => row.cells[i].dataset.v ?? '';
  heads.forEach((head, i) => {
    const button = head.querySelector('button');
    button.addEventListener('click', () => {
      const down = head.getAttribute('aria-sort') === 'ascending';
      for (const h of heads) h.removeAttribute('aria-sort');
      head.setAttribute('aria-sort', down ? 'descending' : 'ascending');
      const rows = [...body.rows].sort((a, b) => {
        const x = key(a, i), y = key(b, i);
        if (x === '' && y === '') return a.cells[i].textContent.localeCompare(b.cells[i].textContent) * (down ? -1 : 1);
        if (x === '' || y === '') return x === '' ? 1 : -1; // what is no number stays at the end
        return (x - y) * (down ? -1 : 1);
      });
      body.append(...rows);
    });
  });
}
