package charter_test

import "slices"

// scenarios are all lines of the table.
var scenarios = slices.Concat(firstScenarios, keyScenarios, decisionScenarios, workScenarios, moreScenarios)
