using Penstock.Ocpp.V16;
using Penstock.Ocpp.V201;
using Penstock.Ocpp.V21;

namespace Penstock.UnitTests.Ocpp;

public sealed class GeneratedCodeTests
{
    [Fact]
    public void Every_action_of_the_three_versions_is_known() =>
        Assert.Equal((39, 64, 91), (V16Actions.All.Count, V201Actions.All.Count, V21Actions.All.Count));
}
