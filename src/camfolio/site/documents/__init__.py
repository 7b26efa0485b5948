"""Documents that stand for themselves: the write-up for print, and with the explorer as one file of HTML."""
