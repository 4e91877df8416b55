import Competition
import Foundations
import Runs
import Testing

/// Recipes are sets of options, which a configuration follows to the letter or not.
@Suite struct RecipeTests {
  @Test func theDefaultsAreTheFastOne() {
    #expect(Recipe.fast.configuration == Configuration())
    #expect(Recipe(of: Configuration()) == .fast)
  }

  @Test(arguments: Recipe.allCases) func eachIsPossibleAndKnownAgain(recipe: Recipe) throws {
    try recipe.configuration.validate()
    _ = try recipe.configuration.shapedNetworks()
    #expect(Recipe(of: recipe.configuration) == recipe)
  }

  /// What a recipe says nothing of stays: the rows, the seed, the folds, how an epoch is chosen.
  @Test(arguments: Recipe.allCases) func whatItSaysNothingOfStays(recipe: Recipe) throws {
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
    #expect(Recipe(of: result) == recipe)
    var other = result
    other.epochs += 1
    #expect(Recipe(of: other) == nil)
  }
}
