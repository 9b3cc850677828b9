module jurat.invalid/jurat

go 1.19
