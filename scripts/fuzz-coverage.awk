# SPDX-License-Identifier: MIT
# Adds up `llvm-cov report -show-functions` by folder, without what fuzz/unreachable names (the first file).
FILENAME ~ /unreachable$/ {
	if ($0 !~ /^#/ && NF > 1)
		unreachable[$1] = 1
	next
}
/^File / {
	split($2, path, "'")
	file = path[2]
	sub(/^.*\/src\//, "src/", file)
	folder = file
	sub(/\/[^\/]*$/, "", folder)
	next
}
/^(Name|TOTAL|---)/ || NF < 10 { next }
{
	function_name = $1
	sub(/^.*:/, "", function_name)
	if ((file in unreachable) || ((file ":" function_name) in unreachable)) {
		used[file] = used[file ":" function_name] = 1
		excluded[folder] += $2
		next
	}
	regions[folder] += $2
	missed[folder] += $3
	branches[folder] += $8
	branches_missed[folder] += $9
	file_regions[file] += $2
	file_missed[file] += $3
}
END {
	printf "%-12s %9s %9s %9s %9s\n", "folder", "regions", "reached", "branches", "excluded"
	n = split("src/wire src/crypto src/verify src/host src/guest src/measure src/store src/daemon", order, " ")
	for (i = 1; i <= n; i++) {
		f = order[i]
		if (!regions[f])
			continue
		reached = 100 * (1 - missed[f] / regions[f])
		printf "%-12s %9d %8.1f%% %8.1f%% %9d\n", substr(f, 5), regions[f], reached,
			branches[f] ? 100 * (1 - branches_missed[f] / branches[f]) : 100, excluded[f]
		if (reached < floor) {
			bad = 1
			for (file in file_regions)
				if (index(file, f "/") == 1)
					printf "    %-32s %5d of %5d regions not reached\n", substr(file, 5), file_missed[file], file_regions[file]
		}
	}
	for (name in unreachable)
		if (!(name in used)) {
			print "fuzz/unreachable names " name ", which is not there"
			bad = 1
		}
	exit bad
}
