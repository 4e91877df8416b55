import Competition
import Foundations
import Runs
import Testing

/// Recipes are named sets of options.
@Suite struct RecipeTests {
  @Test func theDefaultsAreTheFastOne() {
    #expect(Recipe.fast.configuration == Configuration())
    #expect(Configuration().recipe == .fast)
  }

  @Test(arguments: Recipe.allCases) func eachIsPossible(recipe: Recipe) throws {
    try recipe.configuration.validate()
    _ = try recipe.configuration.shapedNetworks()
    #expect(recipe.configuration.recipe == recipe)
    #expect(Recipe.help.contains("  \(recipe.rawValue): \(recipe.purpose)\n"))
  }

  /// Options that recipes leave alone stay: the rows, the seed, the folds, how an epoch is chosen.
  @Test(arguments: Recipe.allCases) func whatRecipesLeaveAloneStays(recipe: Recipe) throws {
    var base = Configuration()
    base.seed = 7
    base.limit = 500
    base.validation = 0.25
    base.select = .best
    base.folds = Folds(count: 3, repeats: 2)
    base.networks = ["8N"]
    let result = recipe.applied(to: base)
    #expect(result.seed == 7 && result.limit == 500 && result.validation == 0.25 && result.select == .best)
    #expect(result.folds == base.folds)
    #expect(result.networks == recipe.configuration.networks)
    #expect(result.recipe == recipe)
    // An average of the base's own does not stay.
    base.averaging = .lastEpochs(2)
    #expect(recipe.applied(to: base) == result)
  }
}
