namespace Penstock.SystemTests;

/// <summary>The OCPP messages that a test shows working, each "VERSION Action"; the support matrix (docs/reference/ocpp.md) links each cell to them.</summary>
[AttributeUsage(AttributeTargets.Method, AllowMultiple = true)]
internal sealed class CoversAttribute(params string[] messages) : Attribute
{
    public IReadOnlyList<string> Messages => messages;
}
