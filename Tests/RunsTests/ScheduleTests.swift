import Runs
import Testing

@Suite struct ScheduleTests {
  private func factors(_ schedule: Schedule, stepsPerEpoch: Int, epochs: Int) -> [Double] {
    (0..<stepsPerEpoch * epochs).map {
      schedule.factor(step: $0, stepsPerEpoch: stepsPerEpoch, epochs: epochs)
    }
  }

  private func expectEqual(_ values: [Double], _ expected: [Double], within tolerance: Double) {
    #expect(values.count == expected.count)
    for (value, expected) in zip(values, expected) { #expect(abs(value - expected) <= tolerance) }
  }

  @Test func constantIsOne() {
    #expect(factors(.constant, stepsPerEpoch: 3, epochs: 2) == [1, 1, 1, 1, 1, 1])
  }

  @Test func stepFallsAfterEachEpoch() {
    #expect(factors(.step, stepsPerEpoch: 2, epochs: 3) == [1, 1, 0.95, 0.95, 0.95 * 0.95, 0.95 * 0.95])
  }

  /// torch 2.13, CosineAnnealingLR(T_max=8), a learning rate of 1.
  @Test func cosineIsTorchs() {
    let torch = [
      1, 0.9619397662556434, 0.8535533905932737, 0.6913417161825449, 0.5, 0.30865828381745514,
      0.14644660940672627, 0.03806023374435664,
    ]
    expectEqual(factors(.cosine, stepsPerEpoch: 4, epochs: 2), torch, within: 1e-15)
  }

  /// torch 2.13, OneCycleLR(max_lr=1, total_steps=20 and 12), its defaults otherwise.
  @Test func oneCycleIsTorchs() {
    let twenty = [
      0.040000000000000036, 0.1316718427000253, 0.3716718427000253, 0.6683281572999747, 0.9083281572999747,
      1, 0.9874640062350873, 0.9504846320134737, 0.89091617757105, 0.8117456539497631, 0.7169430017913008,
      0.6112620219362893, 0.500002, 0.38874197806371075, 0.28306099820869923, 0.18825834605023697,
      0.10908782242895004, 0.049519367986526286, 0.012539993764912554, 4e-06,
    ]
    expectEqual(factors(.oneCycle, stepsPerEpoch: 5, epochs: 4), twenty, within: 1e-15)
    let twelve = [
      0.040000000000000036, 0.3497896542195831, 0.8792851591221287, 0.9944154354509117, 0.9330129698414117,
      0.811745653949763, 0.6473789976951033, 0.46263710266697505, 0.28306099820869923, 0.1334775301888306,
      0.03456698742539522, 4e-06,
    ]
    expectEqual(factors(.oneCycle, stepsPerEpoch: 3, epochs: 4), twelve, within: 1e-15)
  }

  /// Promised bytes rest on these: pinned to the bit.
  @Test func bitsAreFixed() {
    #expect(Schedule.cosine.factor(step: 1, stepsPerEpoch: 7, epochs: 3).bitPattern == 0x3fef_d240_45be_9e0c)
    #expect(
      Schedule.oneCycle.factor(step: 1, stepsPerEpoch: 7, epochs: 3).bitPattern == 0x3fbf_33df_84bd_6e20)
  }

  @Test(arguments: Schedule.allCases) func shortTrainingsHaveUsableFactors(schedule: Schedule) {
    for (stepsPerEpoch, epochs) in [(1, 1), (1, 2), (1, 3), (2, 1), (1, 4), (10, 1), (1, 100)] {
      for factor in factors(schedule, stepsPerEpoch: stepsPerEpoch, epochs: epochs) {
        #expect(factor >= 0 && factor <= 1)
      }
    }
  }
}
